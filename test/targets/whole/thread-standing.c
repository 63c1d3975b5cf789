/* belay: log of its own; argument users directory network */
/* A thread that had users, a directory or a namespace of its own, and has ended since, is not made
 * again with those of the others. */
#include "../target.h"
#include <sched.h>

static const char *how;
static int commands[2];
static volatile int is_ready;

static void give_up(int signo) {
  CHECK(signo == SIGSEGV);
  _exit(ok());
}

static void *work(void *argument) {
  char byte;
  if (strcmp(how, "users") == 0) CHECK(syscall(SYS_setresuid, 1234, 1234, 1234) == 0);
  else CHECK(unshare(strcmp(how, "directory") == 0 ? CLONE_FS : CLONE_NEWNET) == 0);
  is_ready = 1;
  CHECK(read(commands[0], &byte, 1) == 1);
  return argument;
}

int main(int argc, char **argv) {
  struct tjmp why;
  pthread_t thread;
  how = argc > 1 ? argv[1] : "users";
  CHECK(pipe(commands) == 0);
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  while (!is_ready) usleep(100);
  signal(SIGSEGV, give_up);
  point(&why);
  if (why.cause != TJMP_SAVED) fail("a thread that had %s of its own was made again", how);
  CHECK(write(commands[1], "", 1) == 1);
  CHECK(pthread_join(thread, NULL) == 0);
  fall();
}
