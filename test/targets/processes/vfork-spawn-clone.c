/* vfork, posix_spawn, system, popen and clone with shared memory behave, falls or not. */
#include "child.h"
#include <sched.h>
#include <spawn.h>

static char stack[65536] __attribute__((aligned(16)));
static int shared_write(void *value) { return *(volatile int *)value = 7; }

static void all_ways(void) {
  char *arguments[] = {(char *)"sh", (char *)"-c", (char *)"exit 5", NULL};
  char text[16] = "";
  pid_t child = vfork();
  if (child == 0) {
    execv("/bin/sh", arguments);
    _exit(99);
  }
  expect_exit(child, 5);
  CHECK(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) == 0);
  expect_exit(child, 5);
  CHECK(WEXITSTATUS(system("exit 6")) == 6);
  FILE *pipe = popen("echo hello", "r");
  CHECK(pipe != NULL && fgets(text, sizeof text, pipe) != NULL && strcmp(text, "hello\n") == 0);
  CHECK(pclose(pipe) == 0);
  volatile int value = 0;
  child = clone(shared_write, stack + sizeof stack, CLONE_VM | SIGCHLD, (void *)&value);
  expect_exit(child, 7);
  CHECK(value == 7);
}

int main(void) {
  struct tjmp why;
  all_ways();
  CHECK(point(&why) == 1);
  all_ways();
  if (why.rollbacks < 2) fall();
  return ok();
}
