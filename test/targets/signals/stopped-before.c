/* A program that was just being stopped from outside when a point was made, and has been told to go
 * on since: it goes back to the point, and is not stopped there. */
#include "../target.h"
#include <poll.h>
#include <sys/syscall.h>

enum { ROUNDS = 40, PATIENCE_MS = 5000 };

static int to_program[2], to_parent[2];
static volatile uint64_t turns;

static void *spin(void *argument) {
  __atomic_store_n((int *)argument, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
  for (;;) turns++;
  return argument;
}

static void program(void) {
  struct tjmp why;
  pthread_t thread;
  int tid = 0;
  char byte;
  point(NULL);
  CHECK(pthread_create(&thread, NULL, spin, &tid) == 0);
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t before = turns;
    while (turns == before) continue;
    CHECK(syscall(SYS_tgkill, getpid(), tid, SIGSTOP) == 0);
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) {
      CHECK(read(to_program[0], &byte, 1) == 1);
      tlongjmp(cd, 1);
    }
    CHECK(write(to_parent[1], "", 1) == 1);
    CHECK(tforget(cd) == 0);
  }
}

int main(void) {
  int status;
  char byte;
  CHECK(pipe(to_program) == 0 && pipe(to_parent) == 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    program();
    _exit(0);
  }
  for (int round = 0; round < ROUNDS; round++) {
    struct pollfd back = {to_parent[0], POLLIN, 0};
    CHECK(waitpid(pid, &status, WUNTRACED) == pid);
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    CHECK(kill(pid, SIGCONT) == 0);
    CHECK(write(to_program[1], "", 1) == 1);
    if (poll(&back, 1, PATIENCE_MS) != 1) {
      kill(pid, SIGKILL);
      fail("it was told to go on, and is stopped again");
    }
    CHECK(read(to_parent[0], &byte, 1) == 1);
  }
  CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  return ok();
}
