/* Regular files that were closed since are open again, at their offset, with their flags; two
 * numbers that shared an open file share one. So is one that has no name any more. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  char bytes[4];
  int gone = unlinked_file(PAGE, 1), file = scratch_file(PAGE, 1);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(write(file, "0123456789", 10) == 10 && lseek(file, 4, SEEK_SET) == 4);
  int same = dup(file);
  int log = open(scratch_names[0], O_WRONLY | O_APPEND | O_CLOEXEC);
  CHECK(same > 0 && log > 0 && null > 0);
  point(&why);
  if (why.rollbacks < 2) {
    close(file);
    close(same);
    close(log);
    close(null);
    close(gone);
    CHECK(open("/dev/zero", O_RDWR) >= 0);
    fall();
  }
  CHECK(read(file, bytes, 2) == 2 && memcmp(bytes, "45", 2) == 0);
  CHECK(lseek(same, 0, SEEK_CUR) == 6 && read(same, bytes, 1) == 1 && bytes[0] == '6');
  CHECK(lseek(file, 0, SEEK_CUR) == 7 && fcntl(file, F_GETFD) == 0);
  CHECK((fcntl(log, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
  CHECK(fcntl(log, F_GETFD) == FD_CLOEXEC && fcntl(null, F_GETFD) == FD_CLOEXEC);
  CHECK(write(null, "x", 1) == 1 && read(null, bytes, 1) == 0);
  CHECK(read(gone, bytes, 4) == 4 && lseek(gone, 0, SEEK_CUR) == 4);
  return ok();
}
