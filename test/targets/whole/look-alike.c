/* belay: log no way leads to it */
/* The path of a mapped file leads to one of another file system since, with the same inode number,
 * as files in memory easily have: that one is not mapped in its place. */
#include "../target.h"
#include <sys/mount.h>
#include <sys/stat.h>

static char root[] = "/tmp/belay-mounts-XXXXXX";

static void leave(void) {
  CHECK(umount2(root, MNT_DETACH) == 0 && rmdir(root) == 0);
}

static void give_up(int signo) {
  (void)signo;
  leave();
  _exit(ok());
}

/* The first file of a file system of its own. */
static ino_t make_file(const char *directory, const char *name, char letter) {
  struct stat status;
  CHECK(mkdir(directory, 0755) == 0 && mount("none", directory, "tmpfs", 0, NULL) == 0);
  int fd = open(name, O_RDWR | O_CREAT, 0644);
  CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0 && pwrite(fd, &letter, 1, 0) == 1);
  CHECK(fstat(fd, &status) == 0 && close(fd) == 0);
  return status.st_ino;
}

int main(void) {
  struct tjmp why;
  CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
  CHECK(mkdtemp(root) != NULL && mount("none", root, "tmpfs", 0, NULL) == 0 && chdir(root) == 0);
  CHECK(make_file("one", "one/file", 'A') == make_file("two", "two/file", 'B'));
  int fd = open("one/file", O_RDONLY);
  char *memory = (char *)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  CHECK(memory != MAP_FAILED && memory[0] == 'A' && close(fd) == 0);
  signal(SIGSEGV, give_up);
  int cd = tsetjmp(&why);
  if (cd <= 0) leave();
  if (cd <= 0) point(&why);
  if (why.cause != TJMP_SAVED) fail("file %c is mapped", memory[0]);
  CHECK(munmap(memory, PAGE) == 0);
  CHECK(unlink("one/file") == 0 && symlink("../two/file", "one/file") == 0);
  fall();
}
