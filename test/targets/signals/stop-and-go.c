/* belay: --every 1 */
/* A program that is stopped from outside and told to go on at once goes on, also where a point is
 * being made just then. */
#include "../target.h"
#include <poll.h>

enum { ROUNDS = 400, PATIENCE_MS = 5000 };

static int to_program[2], to_child[2];

static int answers(void) {
  struct pollfd answer = {to_child[0], POLLIN, 0};
  char byte = 1;
  if (write(to_program[1], &byte, 1) != 1 || poll(&answer, 1, PATIENCE_MS) != 1) return 0;
  return read(to_child[0], &byte, 1) == 1;
}

static int child(pid_t program) {
  for (int round = 0; round < ROUNDS; round++) {
    struct timespec pause = {0, round * 7919 % 1000 * 1000};
    nanosleep(&pause, NULL);
    kill(program, SIGSTOP);
    if (round % 2) nanosleep(&pause, NULL);
    kill(program, SIGCONT);
    if (answers()) continue;
    kill(program, SIGCONT);
    return 1;
  }
  return 0;
}

int main(void) {
  int status;
  char byte;
  point(NULL);
  CHECK(pipe(to_program) == 0 && pipe(to_child) == 0);
  pid_t program = getpid(), pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) _exit(child(program));
  close(to_program[1]);
  for (int turn = 0;; turn++) { /* what each point looks at, by calls that the program makes */
    struct pollfd question = {to_program[0], POLLIN, 0};
    signal(SIGUSR1, turn % 2 ? SIG_IGN : SIG_DFL);
    if (poll(&question, 1, 0) != 1) continue;
    if (read(to_program[0], &byte, 1) != 1) break;
    CHECK(write(to_child[1], &byte, 1) == 1);
  }
  CHECK(waitpid(pid, &status, 0) == pid);
  if (status != 0) fail("it was stopped, and did not go on");
  return ok();
}
