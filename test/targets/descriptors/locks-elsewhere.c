/* belay: argument mounted detached */
/* Inodes are numbered anew on each file system: a record lock on one file is none on another that
 * has its number, also where no path leads there any more. Who may not mount proves nothing. */
#include "../target.h"
#include <sys/mount.h>
#include <sys/stat.h>

static char directory[] = "/tmp/belay-locks-XXXXXX";

static int is_held(int file) {
  pid_t child = fork();
  if (child == 0) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    CHECK(fcntl(file, F_GETLK, &lock) == 0);
    _exit(lock.l_type != F_UNLCK);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

/* A file on a file system of its own, which only we see. */
static int file_apart(ino_t *inode, int is_detached) {
  char name[64];
  struct stat found;
  if (mount("none", directory, "tmpfs", 0, NULL) != 0) return -1;
  snprintf(name, sizeof name, "%s/file", directory);
  int file = open(name, O_RDWR | O_CREAT, 0600);
  CHECK(file >= 0 && fstat(file, &found) == 0);
  CHECK(!is_detached || umount2(directory, MNT_DETACH) == 0);
  *inode = found.st_ino;
  return file;
}

static int lock(int file, short type) {
  struct flock wanted = {.l_type = type, .l_whence = SEEK_SET, .l_len = 10};
  return fcntl(file, F_SETLK, &wanted);
}

int main(int count, char **words) {
  struct tjmp why;
  ino_t first = 0, second = 0;
  int is_detached = count > 1 && strcmp(words[1], "detached") == 0;
  CHECK(mkdtemp(directory) != NULL);
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    rmdir(directory);
    point(&why);
    return ok();
  }
  int one = file_apart(&first, is_detached), other = file_apart(&second, is_detached);
  rmdir(directory);
  CHECK(one >= 0 && other >= 0 && first == second && lock(one, F_WRLCK) == 0);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(lock(one, F_UNLCK) == 0 && lock(other, F_WRLCK) == 0);
    fall();
  }
  CHECK(is_held(one) && !is_held(other) && (why.lost & TJMP_LOST_LOCKS) != 0);
  return ok();
}
