/* belay: argument linked unlinked */
/* A file that the program may only read is mapped, shared, by a program with so many mappings that
 * nobody looks at what each may be: mapped again it can be made writable no more than before. */
#include <sys/stat.h>

#include "../target.h"

enum { MANY = 4000 };

int main(int argc, char **argv) {
  struct tjmp why;
  int fd = scratch_file(PAGE, 1);
  CHECK(fchmod(fd, 0644) == 0);
  int only = open(scratch_names[0], O_RDONLY);
  close(fd);
  CHECK(only >= 0);
  if (argc > 1 && strcmp(argv[1], "unlinked") == 0) scratch_remove();
  if (geteuid() == 0) CHECK(seteuid(65534) == 0);
  char *many = (char *)anonymous(2 * MANY * PAGE);
  for (size_t index = 0; index < MANY; index++) {
    CHECK(mprotect(many + 2 * index * PAGE, PAGE, PROT_READ) == 0);
  }
  int first = tsetjmp(NULL);
  char *memory = (char *)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, only, 0);
  CHECK(memory != MAP_FAILED);
  close(only);
  CHECK(mprotect(memory, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
  int cd = first > 0 ? tsetjmp(&why) : -1;
  if (cd <= 0 || why.cause != TJMP_SAVED) CHECK(getuid() != 0 || seteuid(0) == 0);
  if (cd <= 0) point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, PAGE) == 0);
    fall();
  }
  verify(memory, PAGE, 1);
  CHECK(mprotect(memory, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
  return ok();
}
