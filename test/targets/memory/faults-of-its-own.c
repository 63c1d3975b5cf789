/* Addresses under the program's own userfaultfd, which nobody answers: refused, not waited for. */
#include "../target.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

/* Not only for faults of user mode, where the kernel lets us: others then wait as well. */
static int own_userfaultfd(void) {
  int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  if (uffd < 0) uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | 1);
  struct uffdio_api api = {
      .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP, .ioctls = 0};
  CHECK(uffd >= 0 && ioctl(uffd, UFFDIO_API, &api) == 0);
  return uffd;
}

static void claim(int uffd, char *memory, uint64_t mode) {
  struct uffdio_register range = {.range = {(uintptr_t)memory, PAGE}, .mode = mode, .ioctls = 0};
  CHECK(ioctl(uffd, UFFDIO_REGISTER, &range) == 0);
}

static int is_refused(char *memory) {
  errno = 0;
  int cd = tsetjmp((struct tjmp *)(void *)memory);
  struct tjmp why;
  if (errno == ENOSYS) point(&why);
  return cd < 0 && errno == EFAULT;
}

int main(void) {
  struct tjmp why;
  int uffd = own_userfaultfd();
  char *missing = (char *)anonymous(PAGE);
  char *protected = (char *)anonymous(PAGE);
  fill(protected, PAGE, 1);
  claim(uffd, missing, UFFDIO_REGISTER_MODE_MISSING);
  claim(uffd, protected, UFFDIO_REGISTER_MODE_WP);
  struct uffdio_writeprotect on = {.range = {(uintptr_t)protected, PAGE},
                                   .mode = UFFDIO_WRITEPROTECT_MODE_WP};
  CHECK(ioctl(uffd, UFFDIO_WRITEPROTECT, &on) == 0);
  CHECK(is_refused(missing) && is_refused(protected));
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(is_refused(missing) && is_refused(protected));
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && is_refused(missing) && is_refused(protected));
  verify(protected, PAGE, 1);
  return ok();
}
