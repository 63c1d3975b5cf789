/* Memory that is registered with its own userfaultfd after a point: it may be, and comes back. */
#include "../target.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

enum { SIZE = 16 * 4096 };

static int step;

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(SIZE);
  fill(memory, SIZE, 1);
  keep(&step, sizeof step);
  int older = point(&why);
  if (step == 0) {
    int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | 1);
    struct uffdio_api api = {.api = UFFD_API, .features = 0, .ioctls = 0};
    CHECK(uffd >= 0 && ioctl(uffd, UFFDIO_API, &api) == 0);
    struct uffdio_register range = {.range = {(uintptr_t)memory, SIZE},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING, .ioctls = 0};
    CHECK(ioctl(uffd, UFFDIO_REGISTER, &range) == 0);
    fill(memory, SIZE / 2, 2);
    struct tjmp newer;
    point(&newer);
    if (step++ == 0) {
      fill(memory, SIZE, 3);
      fall();
    }
    verify(memory, SIZE / 2, 2);
    tlongjmp(older, 1);
  }
  CHECK(why.cause == TJMP_LONGJMP && why.lost == 0);
  verify(memory, SIZE, 1);
  return ok();
}
