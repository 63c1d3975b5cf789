/* Whoever stops the program and lets it go on while it goes back has no rollback refused. */
#include "../maps.h"

enum { ROUNDS = 400 };

static int rounds;
/* Shared with whoever stops it, who must not end between a stop and its end. */
static volatile int *is_over;

static int stop_again_and_again(pid_t program) {
  for (struct timespec pause = {0, 50000}; getppid() == program && !*is_over;) {
    kill(program, SIGSTOP);
    kill(program, SIGCONT);
    nanosleep(&pause, NULL);
  }
  return 0;
}

int main(void) {
  struct tjmp why;
  int fd = scratch_file(4 * PAGE, 1);
  char *memory = (char *)mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(memory != MAP_FAILED);
  is_over = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(is_over != MAP_FAILED);
  keep(&rounds, sizeof rounds);
  pid_t program = getpid(), pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) _exit(stop_again_and_again(program));
  int cd = point(&why);
  if (rounds++ < ROUNDS) {
    CHECK(munmap(memory, 4 * PAGE) == 0);
    tlongjmp(cd, 1);
    fail("refused in round %d", rounds);
  }
  *is_over = 1;
  CHECK(waitpid(pid, NULL, 0) == pid);
  verify(memory, 4 * PAGE, 1);
  return ok();
}
