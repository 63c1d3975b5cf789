/* Memory that can be shared, and what of it is there. */
#ifndef SHARED_H
#define SHARED_H

#include "../target.h"
#include <sys/stat.h>

UNUSED static char *map_shared(int fd, size_t size) {
  int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
  char *memory = (char *)mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
  CHECK(memory != MAP_FAILED);
  return memory;
}

UNUSED static char *shared_anonymous(size_t size) { return map_shared(-1, size); }

UNUSED static int memory_file(size_t size) {
  int fd = memfd_create("shared", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
  return fd;
}

/* Pages that have memory. */
UNUSED static size_t count_present(void *memory, size_t pages) {
  static unsigned char is_there[1 << 18];
  size_t count = 0;
  CHECK(pages <= sizeof is_there && mincore(memory, pages * PAGE, is_there) == 0);
  for (size_t page = 0; page < pages; page++) count += is_there[page] & 1;
  return count;
}

UNUSED static size_t size_of(int fd) {
  struct stat status;
  CHECK(fstat(fd, &status) == 0);
  return (size_t)status.st_size;
}

#endif
