/* A lock that was taken since through a copy is gone, too, where the number itself had been given
 * to another file meanwhile and leads to its own again by that copy. */
#include "../target.h"

#include <sys/file.h>

static int is_locked(const char *path) {
  int fd = open(path, O_RDWR);
  CHECK(fd >= 0);
  int result = flock(fd, LOCK_EX | LOCK_NB);
  CHECK(close(fd) == 0);
  return result != 0;
}

int main(void) {
  struct tjmp why;
  char path[] = "/tmp/belay-lock-XXXXXX";
  int fd = mkstemp(path), null = open("/dev/null", O_RDWR);
  CHECK(fd >= 0 && null >= 0);
  if (tsetjmp(&why) < 0) {
    perror("tsetjmp");
    unlink(path);
    return 3;
  }
  if (why.rollbacks < 2) {
    int copy = dup(fd);
    CHECK(copy >= 0 && flock(copy, LOCK_EX) == 0 && dup2(null, fd) == fd);
    fall();
  }
  int locked = is_locked(path);
  CHECK(unlink(path) == 0);
  if (locked) fail("the lock is still held");
  CHECK(write(fd, "x", 1) == 1);
  return ok();
}
