/* belay: argument mapped written truncated extended emptied closed unmapped shorter none */
/* A memfd goes back in content and size, whatever way it was changed: through a mapping, by write,
 * truncated or extended; also when it was closed since, or unmapped, or only may be read now. */
#include "shared.h"

enum { SIZE = 8 * 4096 };

static void change(const char *how, int fd, char *memory) {
  static char noise_bytes[SIZE];
  fill(noise_bytes, SIZE, 2);
  if (strcmp(how, "mapped") == 0) fill(memory, SIZE, 2);
  if (strcmp(how, "written") == 0) {
    CHECK(pwrite(fd, noise_bytes, SIZE, 0) == SIZE && munmap(memory, SIZE) == 0);
  }
  if (strcmp(how, "truncated") == 0) CHECK(ftruncate(fd, PAGE) == 0);
  if (strcmp(how, "shorter") == 0) CHECK(ftruncate(fd, 100) == 0);
  if (strcmp(how, "emptied") == 0) CHECK(ftruncate(fd, 0) == 0);
  if (strcmp(how, "extended") == 0) {
    CHECK(pwrite(fd, noise_bytes, SIZE, SIZE - 50) == SIZE);
  }
  if (strcmp(how, "closed") == 0) {
    fill(memory, SIZE, 2);
    CHECK(close(fd) == 0);
  }
  if (strcmp(how, "unmapped") == 0) {
    fill(memory, SIZE, 2);
    CHECK(munmap(memory, SIZE) == 0 && close(fd) == 0);
  }
  if (strcmp(how, "none") == 0) {
    fill(memory, SIZE, 2);
    CHECK(mprotect(memory, SIZE, PROT_NONE) == 0);
    CHECK(mprotect(memory, PAGE, PROT_READ) == 0);
  }
}

int main(int argc, char **argv) {
  struct tjmp why;
  int fd = memory_file(SIZE);
  char *memory = map_shared(fd, SIZE);
  fill(memory, SIZE, 1);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    change(argc > 1 ? argv[1] : "mapped", fd, memory);
    fall();
  }
  if ((why.lost & TJMP_LOST_SHARED) != 0) fail("lost %" PRIu64, why.lost);
  verify(memory, SIZE, 1);
  fill(memory, SIZE, 3);
  /* What was closed may be hung up. */
  if ((why.lost & TJMP_LOST_DESCRIPTORS) != 0) return ok();
  CHECK(size_of(fd) == SIZE && lseek(fd, 0, SEEK_CUR) == 0);
  static char read_back[SIZE];
  CHECK(pread(fd, read_back, SIZE, 0) == SIZE);
  verify(read_back, SIZE, 3);
  return ok();
}
