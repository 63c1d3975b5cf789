/* Offsets that no double holds come back to the byte: in a large sparse file, in memory by /proc
 * (where the sign bit is one of the address), and where a hashed directory was read to. */
#include "../target.h"
#include <dirent.h>

static const off_t FAR = ((off_t)1 << 60) + 12345;

int main(void) {
  struct tjmp why;
  int sparse = (int)syscall(SYS_memfd_create, "sparse", 0), own = open("/proc/self/mem", O_RDONLY);
  int directory = open("/", O_RDONLY | O_DIRECTORY);
  char entries[256];
  CHECK(sparse >= 0 && own >= 0 && directory >= 0);
  CHECK(lseek(sparse, FAR, SEEK_SET) == FAR);
  CHECK(syscall(SYS_lseek, own, -4097L, SEEK_SET) != 0);
  CHECK(syscall(SYS_getdents64, directory, entries, sizeof entries) > 0);
  off_t high = (off_t)syscall(SYS_lseek, own, 0L, SEEK_CUR);
  off_t read_to = lseek(directory, 0, SEEK_CUR);
  point(&why);
  CHECK(lseek(sparse, 0, SEEK_CUR) == FAR);
  CHECK((off_t)syscall(SYS_lseek, own, 0L, SEEK_CUR) == high);
  CHECK(lseek(directory, 0, SEEK_CUR) == read_to);
  if (why.rollbacks < 2) {
    CHECK(lseek(sparse, 1, SEEK_SET) == 1 && lseek(own, 1, SEEK_SET) == 1);
    CHECK(lseek(directory, 0, SEEK_SET) == 0);
    fall();
  }
  return ok();
}
