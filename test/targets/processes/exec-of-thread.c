/* exec by a thread that is not the first: the pid stays, and points work in the new program. */
#include "../target.h"

static char **arguments;

static void *live(void *argument) {
  execl(arguments[0], arguments[0], (char *)argument, (char *)NULL);
  fail("exec: errno %d", errno);
}

int main(int argc, char **argv) {
  struct tjmp why;
  if (argc == 1) {
    static char pid[16];
    pthread_t thread;
    arguments = argv;
    CHECK(point(NULL) == 1);
    snprintf(pid, sizeof pid, "%d", getpid());
    CHECK(pthread_create(&thread, NULL, live, pid) == 0);
    for (;;) pause();
  }
  CHECK(atoi(argv[1]) == getpid() && tforget(1) == -1 && errno == EBADF);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) fall();
  CHECK(why.tid == getpid());
  return ok();
}
