/* belay: argument anonymous file */
/* Huge pages of the pool that were written and then dropped come back, as at the newest point and
 * as at one before they were dropped. */
#include "../pool.h"

int main(int argc, char **argv) {
  struct tjmp why;
  CHECK(argc == 2);
  pool_add(3);
  int fd = strcmp(argv[1], "file") == 0 ? memfd_create("huge", MFD_HUGETLB) : -1;
  int flags = MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS | MAP_HUGETLB : 0);
  if (fd >= 0) CHECK(ftruncate(fd, 2 * HUGE) == 0);
  char *memory = (char *)mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (memory != MAP_FAILED) fill(memory, 2 * HUGE, 1);
  int cd = pool_point(&why);
  /* Not root, or no memory in pieces large enough. */
  if (memory == MAP_FAILED) return pool_ok();
  if (why.rollbacks == 0) {
    fill(memory, HUGE, 2);
    fill(memory + HUGE, HUGE, 3);
    CHECK(madvise(memory, HUGE, MADV_DONTNEED) == 0);
    int dropped = pool_point(&why);
    if (why.cause == TJMP_SAVED) {
      fill(memory, HUGE, 4);
      tlongjmp(dropped, 1);
    }
    verify_zero(memory, HUGE);
    verify(memory + HUGE, HUGE, 3);
    fill(memory, HUGE, 5);
    CHECK(madvise(memory, 2 * HUGE, MADV_DONTNEED) == 0);
    tlongjmp(cd, 2);
  }
  CHECK(why.value == 2);
  verify(memory, 2 * HUGE, 1);
  return pool_ok();
}
