/* In a pid namespace of its own, as in a container: struct tjmp has the program's own thread ids,
 * and a thread that ended has the id again by which the program knows it. Where no namespace can be
 * made (which takes privilege), the process that would be in one is an ordinary child. */
#include "../target.h"
#include <sched.h>

static volatile int stop, own_tid;

static void *live(void *argument) {
  own_tid = (int)syscall(SYS_gettid);
  while (!stop) sleep_ms(1);
  CHECK((int)syscall(SYS_gettid) == own_tid);
  return argument;
}

static int inside(void) {
  struct tjmp why;
  pthread_t thread;
  void *result = NULL;
  CHECK(pthread_create(&thread, NULL, live, (void *)&stop) == 0);
  while (own_tid == 0) sleep_ms(1);
  point(&why);
  CHECK(why.cause != TJMP_SIGNAL || why.tid == (int)syscall(SYS_gettid));
  stop = 1;
  CHECK(pthread_join(thread, &result) == 0 && result == &stop);
  if (why.rollbacks < 2) fall();
  return 0;
}

int main(void) {
  int status = 0;
  (void)unshare(CLONE_NEWPID);
  pid_t child = fork();
  if (child == 0) _exit(inside());
  CHECK(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 3) return 3;
  CHECK(status == 0);
  return ok();
}
