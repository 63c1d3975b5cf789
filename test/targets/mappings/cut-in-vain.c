/* belay: --retries 20 */
/*
 * Calls that the kernel refuses because of what is sealed, having cut mappings in two before, leave
 * cuts behind: after a rollback the mappings are as many as before.
 */
#include "../maps.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

enum { PAGES = 16, FALLS = 10 };

static struct {
  int falls;
  size_t before;
} kept;

int main(void) {
  struct tjmp why;
  int fd = scratch_file(PAGES * PAGE, 1);
  char *file = (char *)mmap(NULL, 2 * PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  char *memory = file + PAGES * PAGE, *sealed = memory + (PAGES - 1) * PAGE;
  CHECK(file != MAP_FAILED && close(fd) == 0);
  CHECK(mmap(memory, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
             -1, 0) == memory);
  CHECK(madvise(memory, (PAGES - 1) * PAGE, MADV_DONTFORK) == 0);
  int is_sealed = syscall(SYS_mseal, sealed, PAGE, 0L) == 0;
  fill(memory, (PAGES - 1) * PAGE, 2);
  keep(&kept, sizeof kept);
  maps_count();
  point(&why);
  /* Before Linux 6.10 nothing is sealed. */
  if (!is_sealed) return ok();
  if (kept.falls == 0) kept.before = maps_count();
  if (kept.falls++ < FALLS) {
    CHECK(munmap(file + kept.falls * PAGE, 2 * PAGES * PAGE - kept.falls * PAGE) == -1);
    CHECK(munmap(memory + kept.falls * PAGE, (PAGES - kept.falls) * PAGE) == -1);
    memset(memory, kept.falls, PAGE);
    fall();
  }
  size_t after = maps_count();
  if (after != kept.before) fail("%zu mappings, not %zu", after, kept.before);
  CHECK(why.lost == 0);
  verify(memory, (PAGES - 1) * PAGE, 2);
  return ok();
}
