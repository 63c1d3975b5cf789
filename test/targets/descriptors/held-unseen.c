/* What is held of files for a point is not noticed: who runs, locks, leases or deletes a file that
 * was closed since, or unmounts where it was, finds it closed; and it comes back all the same. */
#include "../target.h"
#include <dirent.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { SCRIPT, LOCKED, LEASED, WATCHED };

static char place[] = "/tmp/belay-mount-XXXXXX";
static char mounted_name[64];

/* How many descriptors whose link contains `name` the tracer has. */
static int held_as(const char *name) {
  char line[256], link[300], target[300];
  int tracer = 0, count = 0;
  FILE *status = fopen("/proc/self/status", "re");
  while (status && fgets(line, sizeof line, status)) sscanf(line, "TracerPid: %d", &tracer);
  fclose(status);
  snprintf(line, sizeof line, "/proc/%d/fd", tracer);
  DIR *directory = opendir(line);
  CHECK(directory != NULL);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    snprintf(link, sizeof link, "/proc/%d/fd/%s", tracer, entry->d_name);
    ssize_t size = readlink(link, target, sizeof target - 1);
    target[size > 0 ? size : 0] = 0;
    if (strstr(target, name) != NULL) count++;
  }
  closedir(directory);
  return count;
}

static int mount_own(void) {
  if (unshare(CLONE_NEWNS) != 0) return -1;
  CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
  CHECK(mkdtemp(place) != NULL && mount("none", place, "tmpfs", 0, NULL) == 0);
  snprintf(mounted_name, sizeof mounted_name, "%s/file", place);
  return open(mounted_name, O_RDWR | O_CREAT, 0600);
}

static void run_script(void) {
  int status = -1;
  pid_t child = fork();
  if (child == 0) {
    execl(scratch_names[SCRIPT], scratch_names[SCRIPT], NULL);
    _exit(errno == ETXTBSY ? 26 : 1);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void check_deletion(int watch) {
  struct inotify_event event = {0};
  do {
    CHECK(read(watch, &event, sizeof event) == sizeof event);
  } while ((event.mask & IN_DELETE_SELF) == 0);
}

int main(void) {
  static char bytes[1 << 16];
  struct tjmp why;
  int fds[4], watch = inotify_init1(IN_NONBLOCK);
  int gone = unlinked_file(PAGE, 1), space = unlinked_file(0, 0);
  CHECK(fallocate(space, 0, 0, 100 * MIB) == 0);
  for (int index = SCRIPT; index <= WATCHED; index++) fds[index] = scratch_file(0, 0);
  int program = open("/bin/true", O_RDONLY | O_CLOEXEC);
  for (ssize_t size; (size = read(program, bytes, sizeof bytes)) > 0;) {
    CHECK(write(fds[SCRIPT], bytes, (size_t)size) == size);
  }
  CHECK(fchmod(fds[SCRIPT], 0700) == 0 && flock(fds[LOCKED], LOCK_EX) == 0);
  CHECK(inotify_add_watch(watch, scratch_names[WATCHED], IN_DELETE_SELF) > 0);
  int mounted = mount_own();
  int cd = point(&why);
  if (why.rollbacks < 2) {
    for (int index = 0; index < 4; index++) CHECK(close(fds[index]) == 0);
    CHECK(close(space) == 0 && close(program) == 0);
    CHECK(mounted < 0 || close(mounted) == 0);
    if (why.rollbacks == 0) {
      run_script();
      int locked = open(scratch_names[LOCKED], O_RDWR | O_CLOEXEC);
      CHECK(flock(locked, LOCK_EX | LOCK_NB) == 0 && close(locked) == 0);
      int leased = open(scratch_names[LEASED], O_RDWR | O_CLOEXEC);
      CHECK(fcntl(leased, F_SETLEASE, F_WRLCK) == 0 && close(leased) == 0);
      int second = point(NULL);
      CHECK(held_as("(deleted)") == 1 && held_as("belay-target") >= 4);
      CHECK(tforget(second) == 0);
    }
    fall();
  }
  CHECK(flock(fds[LOCKED], LOCK_EX | LOCK_NB) == 0);
  CHECK(fcntl(fds[SCRIPT], F_GETFL) >= 0 && lseek(fds[SCRIPT], 0, SEEK_CUR) > 0);
  for (int index = 0; index < 4; index++) CHECK(close(fds[index]) == 0);
  int watched = open(scratch_names[WATCHED], O_RDONLY), third = point(NULL);
  CHECK(watched >= 0 && close(watched) == 0 && unlink(scratch_names[WATCHED]) == 0);
  check_deletion(watch);
  CHECK(tforget(third) == 0);
  if (mounted >= 0) {
    CHECK(fcntl(mounted, F_GETFD) == 0 && close(mounted) == 0);
    CHECK(umount(place) == 0 && rmdir(place) == 0);
  }
  /* What only the point has goes with it. */
  int last = point(NULL);
  CHECK(held_as("(deleted)") == 1 && close(gone) == 0 && tforget(cd) == 0);
  CHECK(held_as("(deleted)") == 1 && tforget(last) == 0);
  point(NULL);
  CHECK(held_as("(deleted)") == 0);
  return ok();
}
