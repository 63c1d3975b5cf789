/* One thread alone is confined, and its filter kills the process. It was born since the point, and
 * ends with it; or the jump is refused where the filter may not be suspended. */
#include "confined.h"

static int up[2], down[2];

static void *work(void *unused) {
  static const int allowed[] = {SYS_read, SYS_write};
  char c;
  shut_in(allowed, 2, SECCOMP_RET_KILL_PROCESS);
  CHECK(write(up[1], "a", 1) == 1);
  while (read(down[0], &c, 1) == 1) continue;
  return unused;
}

int main(void) {
  struct tjmp why;
  pthread_t worker;
  char c;
  int is_exact = may_suspend();
  CHECK(pipe(up) == 0 && pipe(down) == 0);
  char *memory = (char *)anonymous(4 * PAGE);
  fill(memory, 4 * PAGE, 1);
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(pthread_create(&worker, NULL, work, NULL) == 0);
    CHECK(read(up[0], &c, 1) == 1);
    fill(memory, 4 * PAGE, 2);
    CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE && !is_exact);
  } else {
    CHECK(is_exact && why.cause == TJMP_LONGJMP);
    verify(memory, 4 * PAGE, 1);
  }
  return ok();
}
