/* The child of a thread that was born since the point goes on, and is told later of its end. */
#include "../target.h"
#include <sys/prctl.h>

static int ends[2], orders[2];
static volatile pid_t child;

static void *bear(void *unused) {
  char c;
  pid_t pid = fork();
  if (pid == 0) {
    int signo = 0;
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    CHECK(write(ends[1], "a", 1) == 1 && read(orders[0], &c, 1) == 1);
    CHECK(prctl(PR_GET_PDEATHSIG, &signo) == 0 && signo == SIGKILL);
    CHECK(write(ends[1], "b", 1) == 1);
    _exit(0);
  }
  child = pid;
  for (;;) pause();
  return unused;
}

int main(void) {
  struct tjmp why;
  char c;
  pthread_t thread;
  CHECK(pipe(ends) == 0 && pipe(orders) == 0);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(pthread_create(&thread, NULL, bear, NULL) == 0);
    CHECK(read(ends[0], &c, 1) == 1 && c == 'a');
    while (child == 0) sleep_ms(1);
    fall();
  }
  CHECK(write(orders[1], "x", 1) == 1);
  close(ends[1]);
  CHECK(read(ends[0], &c, 1) == 1 && c == 'b');
  return ok();
}
