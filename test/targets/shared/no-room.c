/* Where there is no room for what is to be there again, the rollback is refused, and nothing was
 * touched. Needs root, for a small file system of its own. */
#include "shared.h"
#include <sched.h>
#include <sys/mount.h>

enum { PAGES = 16, USED = 8 };

static int mount_small(void) {
  return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount("none", "/dev/shm", "tmpfs", 0, "size=64k") == 0;
}

static int open_new(const char *name) {
  int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  CHECK(fd >= 0);
  return fd;
}

int main(void) {
  struct tjmp why;
  static char bytes[PAGES * 4096];
  int is_small = mount_small();
  char *memory = NULL;
  int fd = -1, other = -1;
  if (is_small) {
    fd = open_new("/dev/shm/memory");
    other = open_new("/dev/shm/other");
    CHECK(ftruncate(fd, USED * PAGE) == 0);
    memory = map_shared(fd, USED * PAGE);
    fill(memory, USED * PAGE, 1);
  }
  int cd = point(&why);
  if (!is_small) return ok();
  if (why.cause != TJMP_SAVED) fail("it went back without room");
  CHECK(ftruncate(fd, 2 * PAGE) == 0);
  fill(memory, PAGE, 2);
  while (write(other, bytes, PAGE) == (ssize_t)PAGE) continue;
  CHECK(errno == ENOSPC && tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE);
  verify(memory, PAGE, 2);
  CHECK(size_of(fd) == 2 * PAGE && count_present(memory, USED) == 2);
  CHECK(ftruncate(other, PAGE) == 0 && write(fd, "", 1) == 1);
  return ok();
}
