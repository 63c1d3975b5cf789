/* belay: --every 20 --max-points 5 */
/* Where few points are allowed, the clock's are the newest ones, and give way to the program's. */
#include "../target.h"

enum { STEP_MS = 2, FALL_AT = 600, BACK_MAX = 300 };

static volatile int step;
static int kept;

int main(void) {
  keep(&kept, sizeof kept);
  int own = point(NULL);
  for (step = 1; step <= FALL_AT && kept == 0; step++) {
    usleep(STEP_MS * 1000);
    if (step != FALL_AT) continue;
    kept = 1;
    *(volatile int *)8 = 1;
  }
  if (step < FALL_AT - BACK_MAX) fail("back at step %d, after a fall at step %d", step, FALL_AT);
  int second = point(NULL);
  CHECK(second > own);
  CHECK(tforget(second) == 0 && tforget(own) == 0);
  return ok();
}
