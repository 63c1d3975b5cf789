/* Locks on files: of the process, of the open file, of all of it, leases. None is waited for. */
#include "calls.h"

#include <sys/file.h>
#include <sys/stat.h>

enum { OFD_SETLK = 37, SETLEASE = 1024 };

/* What is hung up now is no file, and nothing is said of locks on that. */
static int locked_file(struct caller *c) {
  struct stat status;
  int fd = any_fd(c, A_FILE | A_MEMFD);
  return sys2(SYS_fstat, fd, &status) || !S_ISREG(status.st_mode) ? -1 : fd;
}

static long lock_whole(struct caller *c) {
  static const int how[] = {LOCK_SH, LOCK_EX, LOCK_UN};
  return sys2(SYS_flock, locked_file(c), how[pick(c, 3)] | LOCK_NB);
}

static long lock_range(struct caller *c) {
  struct flock lock = {.l_type = (short)pick(c, 3)}; /* F_RDLCK, F_WRLCK, F_UNLCK */
  lock.l_start = (off_t)pick(c, 4) * 100;
  lock.l_len = (off_t)pick(c, 3) * 100;
  return sys3(SYS_fcntl, locked_file(c), one_in(c, 2) ? F_SETLK : OFD_SETLK, &lock);
}

/* Broken by its own next open: that is with O_NONBLOCK, and does not wait. */
static long lease(struct caller *c) {
  return sys3(SYS_fcntl, any_fd(c, A_FILE), SETLEASE, pick(c, 3));
}

const struct row lock_rows[] = {
  {"flock", 5, lock_whole},
  {"record-lock", 6, lock_range},
  {"lease", 1, lease},
  {0},
};
