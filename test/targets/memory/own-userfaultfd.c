/* belay: ; argument 16 8192 */
/* Memory under the program's own userfaultfd: it is put back by comparison, or it is named. */
#include "../target.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

static int own_userfaultfd(void) {
  int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | 1);
  struct uffdio_api api = {.api = UFFD_API, .features = 0, .ioctls = 0};
  CHECK(uffd >= 0 && ioctl(uffd, UFFDIO_API, &api) == 0);
  return uffd;
}

int main(int argc, char **argv) {
  struct tjmp why;
  size_t size = (argc > 1 ? (size_t)atoi(argv[1]) : 16) * PAGE;
  int is_large = size > 16 * MIB;
  int uffd = own_userfaultfd();
  char *memory = (char *)anonymous(size);
  char *again = (char *)anonymous(size);
  fill(memory, size, 1);
  for (int index = 0; index < 2; index++) {
    struct uffdio_register range = {.range = {(uintptr_t)(index == 0 ? memory : again), size},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING, .ioctls = 0};
    CHECK(ioctl(uffd, UFFDIO_REGISTER, &range) == 0);
  }
  int older = point(&why);
  if (why.cause == TJMP_SAVED) {
    fill(memory, size, 2);
    /* What is mapped there now is nobody's but ours to watch. */
    CHECK(mmap(again, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
               0) == again);
    fill(again, size, 3);
    struct tjmp newer;
    point(&newer);
    if (newer.cause == TJMP_SAVED) {
      fill(memory, size, 4);
      fill(again, size, 4);
      fall();
    }
    verify(again, size, 3);
    if (!is_large) verify(memory, size, 2);
    tlongjmp(older, 1);
  }
  CHECK(why.cause == TJMP_LONGJMP);
  if (!is_large) verify(memory, size, 1);
  CHECK(((why.lost & TJMP_LOST_MEMORY) != 0) == is_large);
  return ok();
}
