/* Locks of all three kinds: those that were let go since are held again, those taken since are let
 * go, and a shared one that became exclusive is shared again. */
#include "../target.h"
#include <sys/file.h>

static int files[4];

static void record(int fd, int command, short type, off_t start) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 5};
  CHECK(fcntl(fd, command, &lock) == 0);
}

/* Whether another process may not lock the byte: bit 1 for reading, bit 2 for writing. */
static int held(int number, off_t start) {
  pid_t child = fork();
  if (child == 0) {
    int result = 0, fd = open(scratch_names[number], O_RDWR);
    for (int type = 0; type < 2; type++) {
      struct flock lock = {.l_type = type == 0 ? F_RDLCK : F_WRLCK, .l_start = start, .l_len = 1};
      CHECK(fcntl(fd, F_GETLK, &lock) == 0);
      result |= (lock.l_type != F_UNLCK) << type;
    }
    _exit(result);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int is_flocked(int number) {
  int fd = open(scratch_names[number], O_RDWR);
  int result = flock(fd, LOCK_EX | LOCK_NB);
  close(fd);
  return result != 0;
}

int main(void) {
  struct tjmp why;
  for (int number = 0; number < 4; number++) files[number] = scratch_file(PAGE, 1);
  record(files[0], F_SETLK, F_WRLCK, 10);
  record(files[0], F_SETLK, F_RDLCK, 20);
  record(files[1], F_OFD_SETLK, F_WRLCK, 10);
  CHECK(flock(files[2], LOCK_EX) == 0);
  point(&why);
  if (why.rollbacks < 2) {
    record(files[0], F_SETLK, F_UNLCK, 10);
    record(files[0], F_SETLK, F_WRLCK, 20);
    record(files[0], F_SETLK, F_WRLCK, 30);
    record(files[1], F_OFD_SETLK, F_UNLCK, 10);
    record(files[1], F_OFD_SETLK, F_WRLCK, 30);
    CHECK(flock(files[2], LOCK_UN) == 0 && flock(files[3], LOCK_EX) == 0);
    fall();
  }
  CHECK(held(0, 10) == 3 && held(0, 20) == 2 && held(0, 30) == 0);
  CHECK(held(1, 10) == 3 && held(1, 30) == 0);
  CHECK(is_flocked(2) && !is_flocked(3));
  CHECK((why.lost & TJMP_LOST_LOCKS) != 0 && (why.lost & TJMP_LOST_DESCRIPTORS) == 0);
  return ok();
}
