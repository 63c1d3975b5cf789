/* A shared mapping that may be made writable may be so afterwards; one that may not, may not. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  int fd = scratch_file(PAGE, 1);
  int only = open(scratch_names[0], O_RDONLY);
  CHECK(only >= 0);
  char *writable = (char *)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  char *readable = (char *)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, only, 0);
  CHECK(writable != MAP_FAILED && readable != MAP_FAILED);
  close(fd);
  close(only);
  int cd = tsetjmp(&why);
  if (cd <= 0) scratch_remove();
  if (cd <= 0) point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(writable, PAGE) == 0 && munmap(readable, PAGE) == 0);
    fall();
  }
  CHECK(mprotect(readable, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
  CHECK(mprotect(writable, PAGE, PROT_READ | PROT_WRITE) == 0);
  verify(writable, PAGE, 1);
  fill(writable, PAGE, 2);
  verify(readable, PAGE, 2);
  return ok();
}
