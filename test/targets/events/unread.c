/* belay: argument read closed waits none */
/* Events of inotify that waited at the point and were read since are gone, and that is said; where
 * as many wait as did, it is not known which. Of events that came since nothing is said. */
#include "../target.h"
#include <sys/inotify.h>
#include <sys/ioctl.h>

static char root[] = "/tmp/belay-unread-XXXXXX";

static int waiting(int fd) {
  int size = -1;
  CHECK(ioctl(fd, FIONREAD, &size) == 0);
  return size;
}

static void make_event(void) {
  char path[64];
  snprintf(path, sizeof path, "%s/file", root);
  int file = open(path, O_CREAT | O_WRONLY, 0600);
  CHECK(file >= 0 && close(file) == 0 && unlink(path) == 0);
}

int main(int argc, char **argv) {
  _Alignas(struct inotify_event) char buffer[512];
  struct tjmp why;
  const char *how = argc > 1 ? argv[1] : "read";
  const unsigned sure = TJMP_LOST_DESCRIPTORS, unsure = sure | TJMP_LOST_UNSURE;
  CHECK(mkdtemp(root) != NULL);
  int fd = inotify_init1(IN_NONBLOCK);
  CHECK(fd >= 0 && inotify_add_watch(fd, root, IN_CREATE) > 0);
  if (how[0] != 'n') make_event();
  int size = waiting(fd), cd = tsetjmp(&why), error = errno;
  if (cd <= 0) {
    rmdir(root);
    errno = error;
    point(&why);
  }
  if (why.cause == TJMP_SAVED) {
    if (how[0] == 'n') make_event();
    if (how[0] == 'r' || how[0] == 'n') CHECK(read(fd, buffer, sizeof buffer) > 0);
    if (how[0] == 'c') CHECK(close(fd) == 0);
    fall();
  }
  int left = waiting(fd);
  unsigned lost = (unsigned)why.lost & unsure;
  CHECK(rmdir(root) == 0);
  if (how[0] == 'w') CHECK(lost == unsure && left == size);
  else CHECK(lost == (how[0] == 'n' ? 0 : sure) && left == 0);
  return ok();
}
