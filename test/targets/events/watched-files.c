/* inotify watches what it watched, by the same numbers: removed, changed and added since is undone,
 * and nothing is told of that. */
#include "../target.h"
#include <sys/inotify.h>
#include <sys/stat.h>

enum { EVENT_SIZE = sizeof(struct inotify_event) };

static char root[] = "/tmp/belay-watched-XXXXXX";

static const char *in_root(const char *name) {
  static char path[64];
  snprintf(path, sizeof path, "%s/%s", root, name);
  return path;
}

/* Which watch tells of a change, and no other does; -1: none does. */
static int told_of(int fd, const char *name) {
  _Alignas(struct inotify_event) char buffer[512];
  const struct inotify_event *event = (const struct inotify_event *)buffer;
  int file = open(in_root(name), O_CREAT | O_WRONLY, 0600);
  CHECK(file >= 0 && close(file) == 0 && unlink(in_root(name)) == 0);
  ssize_t size = read(fd, buffer, sizeof buffer);
  if (size < 0) {
    CHECK(errno == EAGAIN);
    return -1;
  }
  CHECK(size == (ssize_t)(EVENT_SIZE + event->len) && event->mask == IN_CREATE);
  return event->wd;
}

int main(void) {
  struct tjmp why;
  struct inotify_event event;
  CHECK(mkdtemp(root) != NULL);
  for (int index = 0; index < 3; index++) {
    const char *name = index == 0 ? "a" : index == 1 ? "b" : "c";
    CHECK(mkdir(in_root(name), 0700) == 0);
  }
  int fd = inotify_init1(IN_NONBLOCK);
  int first = inotify_add_watch(fd, in_root("a"), IN_CREATE);
  int second = inotify_add_watch(fd, in_root("b"), IN_CREATE);
  CHECK(fd >= 0 && first > 0 && second > 0);
  int cd = point(&why);
  if (why.rollbacks < 2) {
    CHECK(inotify_rm_watch(fd, first) == 0);
    if (why.rollbacks == 0) CHECK(read(fd, &event, sizeof event) == EVENT_SIZE);
    CHECK(inotify_add_watch(fd, in_root("b"), IN_DELETE_SELF) == second);
    CHECK(inotify_add_watch(fd, in_root("c"), IN_CREATE) > 0);
    tlongjmp(cd, 1);
  }
  int lost = (int)why.lost, a = told_of(fd, "a/x"), b = told_of(fd, "b/x"), c = told_of(fd, "c/x");
  int later = inotify_add_watch(fd, in_root("c"), IN_CREATE);
  for (int index = 0; index < 3; index++) {
    const char *name = index == 0 ? "a" : index == 1 ? "b" : "c";
    CHECK(rmdir(in_root(name)) == 0);
  }
  CHECK(rmdir(root) == 0);
  CHECK(lost == 0 && a == first && b == second && c == -1 && later > second);
  return ok();
}
