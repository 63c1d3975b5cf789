/* Files that were closed since are open again, at their offset and with their flags, whatever has
 * become of their names: renamed, replaced, unlinked, or never there. Nothing that was mapped for
 * that stays. */
#include "../maps.h"
#include "../target.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { PLAIN, RENAMED, REPLACED, UNLINKED, UNNAMED, MEMORY, FOLDER, HANDLE, LINK, LOG, COUNT };

static char moved[40], link_name[40], folder[40];
static int fds[COUNT], flags[COUNT];
static struct stat before[COUNT];

static int temporary(void) { return scratch_file(PAGE, 7); }

static void open_all(void) {
  for (int index = PLAIN; index <= UNLINKED; index++) fds[index] = temporary();
  snprintf(moved, sizeof moved, "%s-moved", scratch_names[1]);
  snprintf(link_name, sizeof link_name, "%s-link", scratch_names[0]);
  snprintf(folder, sizeof folder, "%s-folder", scratch_names[0]);
  fds[UNNAMED] = open("/tmp", O_TMPFILE | O_RDWR | O_SYNC, 0600);
  CHECK(fds[UNNAMED] >= 0 && write(fds[UNNAMED], "unnamed", 7) == 7);
  fds[MEMORY] = memfd_create("memory", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  CHECK(write(fds[MEMORY], "memory", 6) == 6 && fcntl(fds[MEMORY], F_ADD_SEALS, F_SEAL_GROW) == 0);
  CHECK(mkdir(folder, 0700) == 0 && symlink("nowhere", link_name) == 0);
  fds[FOLDER] = open(folder, O_RDONLY | O_DIRECTORY);
  fds[HANDLE] = open(scratch_names[0], O_PATH | O_CLOEXEC);
  fds[LINK] = open(link_name, O_PATH | O_NOFOLLOW);
  fds[LOG] = open(scratch_names[0], O_WRONLY | O_APPEND | O_NONBLOCK | O_NOATIME);
  for (int index = 0; index < COUNT; index++) {
    CHECK(fds[index] >= 0 && fstat(fds[index], &before[index]) == 0);
    flags[index] = fcntl(fds[index], F_GETFL);
  }
  CHECK(lseek(fds[PLAIN], 100, SEEK_SET) == 100 && lseek(fds[RENAMED], 200, SEEK_SET) == 200);
  CHECK(lseek(fds[UNLINKED], 300, SEEK_SET) == 300 && lseek(fds[UNNAMED], 2, SEEK_SET) == 2);
}

static void close_all(void) {
  for (int index = 0; index < COUNT; index++) CHECK(close(fds[index]) == 0);
  unlink(scratch_names[2]), unlink(scratch_names[3]), rename(scratch_names[1], moved);
  CHECK(symlink("/dev/null", scratch_names[2]) == 0);
  rmdir(folder), unlink(link_name);
  /* Their numbers lead elsewhere. */
  for (int index = 0; index < COUNT / 2; index++) CHECK(open("/dev/zero", O_RDONLY) >= 0);
}

static void verify_all(void) {
  struct stat now;
  char bytes[8];
  for (int index = 0; index < COUNT; index++) {
    if (fstat(fds[index], &now) != 0) fail("%d is closed", index);
    int is_it = now.st_dev == before[index].st_dev && now.st_ino == before[index].st_ino;
    if (!is_it || now.st_mode != before[index].st_mode) fail("%d is another file", index);
    int mask = ~(O_NOFOLLOW | __O_TMPFILE | O_DIRECTORY);
    int found = fcntl(fds[index], F_GETFL);
    if ((found & mask) != (flags[index] & mask)) {
      fail("%d: flags %o, not %o", index, found, flags[index]);
    }
  }
  CHECK(lseek(fds[PLAIN], 0, SEEK_CUR) == 100 && lseek(fds[RENAMED], 0, SEEK_CUR) == 200);
  CHECK(lseek(fds[UNLINKED], 0, SEEK_CUR) == 300);
  CHECK(read(fds[UNNAMED], bytes, 8) == 5 && memcmp(bytes, "named", 5) == 0);
  CHECK(pread(fds[MEMORY], bytes, 8, 0) == 6 && memcmp(bytes, "memory", 6) == 0);
  CHECK(lseek(fds[MEMORY], 0, SEEK_CUR) == 6 && write(fds[MEMORY], "x", 1) == -1);
  CHECK(fcntl(fds[MEMORY], F_GETFD) == FD_CLOEXEC && fcntl(fds[HANDLE], F_GETFD) == FD_CLOEXEC);
  CHECK(fcntl(fds[PLAIN], F_GETFD) == 0 && fcntl(fds[FOLDER], F_GETFD) == 0);
  CHECK(readlinkat(fds[LINK], "", bytes, sizeof bytes) == 7 && memcmp(bytes, "nowhere", 7) == 0);
  CHECK(write(fds[LOG], "end", 3) == 3 && pread(fds[PLAIN], bytes, 4, PAGE) == 3);
  CHECK(write(fds[UNLINKED], "x", 1) == 1 && read(fds[HANDLE], bytes, 1) == -1);
}

int main(void) {
  struct tjmp why;
  open_all();
  maps_save();
  point(&why);
  maps_verify();
  if (why.rollbacks < 2) {
    close_all();
    fall();
  }
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) == 0);
  verify_all();
  unlink(moved);
  return ok();
}
