/* Shared memory that is too large to be saved is not held either: when the program closes it, its
 * space is free again, also while there are points. */
#include "shared.h"
#include <sys/sysinfo.h>

static unsigned long shared_bytes(void) {
  struct sysinfo info;
  CHECK(sysinfo(&info) == 0);
  return info.sharedram * info.mem_unit;
}

int main(void) {
  enum { SIZE = 256 * MIB };
  int large = memory_file(SIZE);
  static char bytes[MIB];
  memset(bytes, 1, sizeof bytes);
  for (int written = 0; written < SIZE; written += MIB) CHECK(write(large, bytes, MIB) == MIB);
  for (int round = 0; round < 3; round++) point(NULL);
  unsigned long with = shared_bytes();
  CHECK(close(large) == 0);
  point(NULL);
  /* Others on the machine may have come to share some memory meanwhile. */
  CHECK(shared_bytes() < with - SIZE / 2);
  return ok();
}
