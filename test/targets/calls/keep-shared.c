/* Of a range that is kept, what lies in shared memory is left alone: others may have written to it
 * meanwhile. Where a write to the mapping does not touch the file's times, nothing is proved. */
#include "../target.h"
#include <sys/stat.h>

static struct timespec changed_at(int fd) {
  struct stat status;
  CHECK(fstat(fd, &status) == 0);
  return status.st_mtim;
}

int main(void) {
  struct tjmp why;
  char *memory = (char *)anonymous(3 * PAGE);
  int fd = scratch_file(PAGE, 1);
  int flags = MAP_SHARED | MAP_FIXED;
  CHECK(mmap(memory + PAGE, PAGE, PROT_READ | PROT_WRITE, flags, fd, 0) == memory + PAGE);
  keep(memory, 3 * PAGE);
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    fill(memory, 3 * PAGE, 2);
    CHECK(msync(memory + PAGE, PAGE, MS_SYNC) == 0);
    sleep_ms(50);
    tlongjmp(cd, 1);
  }
  verify(memory, 3 * PAGE, 2);
  struct timespec first = changed_at(fd);
  /* The jump came at least so much later than the last write of our own. */
  struct timespec now;
  CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
  long ms = (now.tv_sec - first.tv_sec) * 1000 + (now.tv_nsec - first.tv_nsec) / 1000000;
  if (ms < 40) fail("the file was written to %ld ms ago", ms);
  return ok();
}
