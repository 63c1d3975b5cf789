/* belay: argument open closed */
/* A file system gives the inode number of a deleted file to a new one: it is another file, also at
 * the same path and number. Where inodes do not come again there is nothing to prove; nor where the
 * file is held, which one that is watched for its deletion is not. */
#include "../target.h"
#include <sys/inotify.h>
#include <sys/stat.h>

#define TRIES 300

/* A new file at the path of a deleted one, with its inode; -1: the file system gives another. */
static int create_with(ino_t inode) {
  struct stat found;
  for (int count = 0; count < TRIES; count++) {
    int file = open(scratch_names[0], O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK(file >= 0 && fstat(file, &found) == 0);
    if (found.st_ino == inode) return file;
    CHECK(close(file) == 0 && unlink(scratch_names[0]) == 0);
  }
  return -1;
}

static int renew(int file) {
  struct stat found;
  CHECK(fstat(file, &found) == 0 && close(file) == 0 && unlink(scratch_names[0]) == 0);
  return create_with(found.st_ino);
}

static void watch_for_deletion(int watch) {
  CHECK(inotify_add_watch(watch, scratch_names[0], IN_DELETE_SELF) > 0);
}

int main(int count, char **words) {
  struct tjmp why;
  char bytes[4] = "";
  int file = scratch_file(0, 0), is_closed = count > 1 && strcmp(words[1], "closed") == 0;
  int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  watch_for_deletion(watch);
  point(&why);
  int again = why.rollbacks == 0 ? renew(file) : 0;
  if (again < 0) return ok();
  if (why.rollbacks == 0) CHECK(again == file && pwrite(file, "old", 3, 0) == 3);
  watch_for_deletion(watch);
  /* Of events that wait it would not be known whether they are those of the point. */
  char events[4096];
  while (read(watch, events, sizeof events) > 0) continue;
  /* The same, between two points: this one is right. */
  int second = point(&why);
  if (why.rollbacks == 0) tlongjmp(second, 1);
  if (why.rollbacks == 1) {
    CHECK(why.lost == 0 && pread(file, bytes, 3, 0) == 3 && memcmp(bytes, "old", 3) == 0);
    again = renew(file);
    CHECK(again < 0 || (again == file && pwrite(file, "new", 3, 0) == 3));
    if (again >= 0 && is_closed) close(file);
    fall();
  }
  CHECK(pread(file, bytes, 3, 0) < 0 && (why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  return ok();
}
