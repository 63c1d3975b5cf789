/* A FIFO that the program watches, or the directory of it: no point looks into it, and it is named
 * that what was in it is not put back. */
#include "../target.h"
#include <sys/inotify.h>
#include <sys/stat.h>

int main(void) {
  struct tjmp why;
  char folder[] = "/tmp/belay-fifo-XXXXXX", name[64], bytes[4096];
  CHECK(mkdtemp(folder) != NULL);
  snprintf(name, sizeof name, "%s/fifo", folder);
  CHECK(mkfifo(name, 0600) == 0);
  int fifo = open(name, O_RDWR | O_NONBLOCK);
  CHECK(fifo >= 0 && write(fifo, "abc", 3) == 3);
  int watches[2] = {inotify_init1(IN_NONBLOCK), inotify_init1(IN_NONBLOCK)};
  CHECK(inotify_add_watch(watches[0], name, IN_ACCESS | IN_OPEN | IN_CLOSE) >= 0);
  CHECK(inotify_add_watch(watches[1], folder, IN_ACCESS | IN_OPEN | IN_CLOSE) >= 0);
  unlink(name), rmdir(folder);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(write(fifo, "def", 3) == 3);
    fall();
  }
  for (int index = 0; index < 2; index++) {
    struct inotify_event *event = (void *)bytes;
    if (read(watches[index], bytes, sizeof bytes) <= 0) continue;
    if ((event->mask & (IN_ACCESS | IN_OPEN | IN_CLOSE)) != 0) fail("seen: %x", event->mask);
  }
  if ((why.lost & TJMP_LOST_CONTENTS) == 0) fail("it is not said to be lost");
  return ok();
}
