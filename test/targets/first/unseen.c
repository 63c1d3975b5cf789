/*
 * The image that much memory is copied from is nobody's business: it holds no file, no lock and no
 * end of a pipe, it is no child that is waited for, its end no signal, its use nobody's.
 */
#include "large.h"
#include <sys/file.h>

static volatile sig_atomic_t notices;

static void note(int signo) {
  (void)signo;
  notices++;
}

/* Whether another process finds the file locked. */
static int is_locked(int fd) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    _exit(fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

int main(void) {
  large_memory();
  int ends[2], status;
  char byte;
  CHECK(pipe(ends) == 0);
  int records = scratch_file(PAGE, 1), whole = scratch_file(PAGE, 2);
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  CHECK(fcntl(records, F_SETLK, &lock) == 0);
  CHECK(flock(whole, LOCK_EX) == 0);
  int other = open(scratch_names[1], O_RDWR);
  CHECK(other >= 0);
  int sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
  CHECK(sealed >= 0 && ftruncate(sealed, (off_t)PAGE) == 0);
  void *view = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, sealed, 0);
  CHECK(view != MAP_FAILED);

  point(NULL);
  CHECK(signal(SIGCHLD, note) != SIG_ERR);
  CHECK(had_image());
  CHECK(munmap(view, PAGE) == 0);
  CHECK(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE) == 0);
  close(ends[1]);
  CHECK(read(ends[0], &byte, 1) == 0);
  close(whole);
  CHECK(flock(other, LOCK_EX | LOCK_NB) == 0);
  CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);
  await_no_image();
  CHECK(waitpid(-1, &status, WNOHANG | __WALL) == -1 && errno == ECHILD);
  CHECK(notices == 0);
  struct rusage usage;
  CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0);
  CHECK(usage.ru_maxrss < (long)(LARGE / 8 / 1024) && usage.ru_utime.tv_sec == 0);
  CHECK(is_locked(records));
  return ok();
}
