/* A shared mapping of a new file, which has place, path and inode number of the one that was
 * mapped at the point, is not taken for it in silence. Where numbers do not come again nothing is
 * proved. */
#include "../target.h"
#include <sys/stat.h>

enum { TRIES = 300, LOST_MAPPINGS = 2 };

static ino_t map_anew(void *place) {
  struct stat status;
  int fd = open(scratch_names[0], O_RDWR | O_CREAT | O_EXCL, 0600);
  CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0 && fstat(fd, &status) == 0);
  int flags = MAP_SHARED | MAP_FIXED;
  CHECK(mmap(place, PAGE, PROT_READ, flags, fd, 0) == place && close(fd) == 0);
  return status.st_ino;
}

int main(void) {
  struct tjmp why;
  static ino_t again;
  char *place = (char *)anonymous(PAGE);
  CHECK(close(scratch_file(0, 0)) == 0 && unlink(scratch_names[0]) == 0);
  ino_t inode = map_anew(place);
  point(&why);
  keep(&again, sizeof again);
  if (why.rollbacks == 0) {
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) tlongjmp(cd, 1);
    CHECK((why.lost & LOST_MAPPINGS) == 0);
    for (int tries = 0; tries < TRIES && again != inode; tries++) {
      CHECK(munmap(place, PAGE) == 0 && unlink(scratch_names[0]) == 0);
      again = map_anew(place);
    }
    if (again != inode) return ok();
    tlongjmp(cd - 1, 1);
  }
  CHECK((why.lost & LOST_MAPPINGS) != 0);
  return ok();
}
