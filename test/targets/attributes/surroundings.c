/* belay: argument time pid first */
/* Namespaces that children are to get stay those entered since, and that is said. One that waited
 * for its first process at the point is the same one when it has had it. */
#include "../target.h"
#include <sched.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static void begin_child(void) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) _exit(0);
  CHECK(waitpid(child, NULL, 0) == child);
}

int main(int argc, char **argv) {
  struct tjmp why;
  char letter = argc > 1 ? argv[1][0] : 't';
  if (letter == 'f') CHECK(unshare(CLONE_NEWPID) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    if (letter == 'p') CHECK(unshare(CLONE_NEWPID) == 0);
    /* Before Linux 5.6 there is none. */
    if (letter == 't' && unshare(CLONE_NEWTIME) != 0) return errno == EINVAL ? ok() : 1;
    if (letter == 'f') begin_child();
    fall();
  }
  CHECK(((why.lost & TJMP_LOST_ATTRIBUTES) != 0) == (letter != 'f'));
  return ok();
}
