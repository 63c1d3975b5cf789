/* The program watches its own shared memory by its name, or the directory: no point opens or reads
 * it then, and it is named. */
#include "../target.h"
#include <sys/inotify.h>

#define NAME "/belay-watched"

int main(void) {
  char events[4096];
  struct tjmp why;
  shm_unlink(NAME);
  int fd = shm_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600);
  CHECK(fd >= 0 && ftruncate(fd, 4 * PAGE) == 0);
  char *memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(memory != MAP_FAILED);
  int watches[2] = {inotify_init1(IN_NONBLOCK), inotify_init1(IN_NONBLOCK)};
  CHECK(inotify_add_watch(watches[0], "/dev/shm" NAME, IN_ALL_EVENTS) >= 0);
  CHECK(inotify_add_watch(watches[1], "/dev/shm", IN_OPEN | IN_ACCESS | IN_MODIFY) >= 0);
  memory[0] = 1;
  point(&why);
  if (why.rollbacks < 2) {
    memory[0] = 2;
    fall();
  }
  shm_unlink(NAME);
  if ((why.lost & TJMP_LOST_SHARED) == 0) fail("it is not said to be lost");
  struct inotify_event *event = (void *)events;
  ssize_t size = read(watches[0], events, sizeof events);
  /* The name goes: nothing else has happened to it. */
  if (size > 0 && event->mask != IN_ATTRIB) fail("it was seen: %x", event->mask);
  for (ssize_t at = 0; (size = read(watches[1], events, sizeof events)) > 0; at = 0) {
    for (; at < size; at += (ssize_t)sizeof *event + event->len) {
      event = (void *)(events + at);
      if (event->len > 0 && strcmp(event->name, NAME + 1) == 0) fail("it was: %x", event->mask);
    }
  }
  return ok();
}
