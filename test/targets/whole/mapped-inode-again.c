/* belay: log no way leads to it */
/* The path of a mapped file leads to a new one since, with the inode number of the deleted first:
 * that one is not mapped in its place. Where numbers do not come again nothing is proved. */
#include "../target.h"
#include <sys/stat.h>

#define TRIES 300

static void give_up(int signo) {
  (void)signo;
  _exit(ok());
}

/* A file of one page at the path of the scratch file; its inode's number. */
static ino_t create(char letter) {
  struct stat status;
  int fd = open(scratch_names[0], O_RDWR | O_CREAT | O_EXCL, 0600);
  CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0 && pwrite(fd, &letter, 1, 0) == 1);
  CHECK(fstat(fd, &status) == 0 && close(fd) == 0);
  return status.st_ino;
}

int main(void) {
  struct tjmp why;
  CHECK(close(scratch_file(0, 0)) == 0 && unlink(scratch_names[0]) == 0);
  ino_t inode = create('A'), again = 0;
  int fd = open(scratch_names[0], O_RDONLY);
  char *memory = (char *)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  CHECK(memory != MAP_FAILED && memory[0] == 'A' && close(fd) == 0);
  signal(SIGSEGV, give_up);
  point(&why);
  if (why.cause != TJMP_SAVED) fail("file %c is mapped", memory[0]);
  CHECK(munmap(memory, PAGE) == 0);
  for (int tries = 0; tries < TRIES && again != inode; tries++) {
    CHECK(unlink(scratch_names[0]) == 0);
    again = create('B');
  }
  fall();
}
