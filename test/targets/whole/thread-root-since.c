/* belay: log become root since */
/* A thread that was somebody else at the point, and is root since, does not go back as root. */
#include "../target.h"

static volatile int state;

static void give_up(int signo) {
  CHECK(signo == SIGSEGV);
  _exit(ok());
}

static void *work(void *argument) {
  CHECK(syscall(SYS_setresuid, -1, 1234, -1) == 0);
  state = 1;
  while (state == 1) usleep(100);
  CHECK(syscall(SYS_setresuid, -1, 0, -1) == 0);
  state = 3;
  for (;;) pause();
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  while (state == 0) usleep(100);
  signal(SIGSEGV, give_up);
  point(&why);
  if (why.cause != TJMP_SAVED) fail("it went back as root");
  state = 2;
  while (state == 2) usleep(100);
  fall();
}
