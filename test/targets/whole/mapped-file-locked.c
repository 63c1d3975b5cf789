/* A file that the program holds a record lock on is mapped again: the lock is still held, though a
 * descriptor of the file had to be opened and closed for that; and no child is left behind. */
#include "../maps.h"

static int is_locked(const char *name) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(name, O_RDWR);
    _exit(fd < 0 || fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK);
  }
  CHECK(waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status) == 0;
}

int main(void) {
  struct tjmp why;
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  int fd = scratch_file(2 * PAGE, 9);
  const char *name = scratch_names[scratch_count - 1];
  CHECK(fcntl(fd, F_SETLK, &lock) == 0 && is_locked(name));
  char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(memory != MAP_FAILED);
  fill(memory, PAGE, 1);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, 2 * PAGE) == 0);
    fall();
  }
  verify(memory, PAGE, 1);
  CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD);
  CHECK(is_locked(name));
  return ok();
}
