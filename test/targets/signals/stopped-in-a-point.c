/* A process is stopped in the middle of making a point, while calls are made for that: it stops,
 * whoever waits for that is told, and it goes on when it is continued. */
#include "../target.h"
#include <sys/wait.h>

#define ROUNDS 30

static void make_points(int ready) {
  CHECK(write(ready, "x", 1) == 1);
  for (;;) {
    int cd = tsetjmp(NULL);
    CHECK(cd > 0 && tforget(cd) == 0);
  }
}

int main(void) {
  int ready[2], status;
  char byte;
  point(NULL);
  CHECK(pipe(ready) == 0);
  for (int round = 0; round < ROUNDS; round++) {
    pid_t child = fork();
    if (child == 0) make_points(ready[1]);
    CHECK(child > 0 && read(ready[0], &byte, 1) == 1);
    /* At another place each time. */
    usleep((useconds_t)round * 311);
    CHECK(kill(child, SIGSTOP) == 0);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
  }
  return ok();
}
