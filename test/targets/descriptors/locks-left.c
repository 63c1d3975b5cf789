/* Record locks go back by any descriptor that leads to their file: the lowest that led there at the
 * point is hung up, for it was closed since, and the right to open the file is gone. */
#include "../target.h"
#include <sys/stat.h>

static int fds[2];

static void set_lock(int type, int start) {
  struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = start, .l_len = 10};
  CHECK(fcntl(fds[1], F_SETLK, &lock) == 0);
}

/* Whether another process finds the bytes from `start` on locked. */
static int is_locked(int start) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    struct flock lock = {
      .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 10};
    CHECK(fcntl(fds[1], F_GETLK, &lock) == 0);
    _exit(lock.l_type != F_UNLCK);
  }
  CHECK(waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

int main(void) {
  struct tjmp why;
  fds[0] = scratch_file(PAGE, 1), fds[1] = open(scratch_names[0], O_RDWR);
  /* So that it can be removed at the end. */
  if (geteuid() == 0) CHECK(fchown(fds[0], 65534, 65534) == 0);
  CHECK(fchmod(fds[0], 0) == 0);
  set_lock(F_WRLCK, 0);
  point(&why);
  if (why.rollbacks == 0) {
    close(fds[0]); /* and with it goes the lock */
    set_lock(F_WRLCK, 100);
    if (geteuid() == 0) CHECK(setresuid(65534, 65534, 65534) == 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) != 0 && (why.lost & TJMP_LOST_LOCKS) != 0);
  CHECK(is_locked(0) && !is_locked(100));
  return ok();
}
