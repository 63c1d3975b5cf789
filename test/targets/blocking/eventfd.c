/* belay: --every 5 */
/* read on an eventfd and sem_wait wait for the other thread. */
#include "blocking.h"
#include <semaphore.h>
#include <sys/eventfd.h>

static int fd;
static sem_t semaphore;

static void raise_both(void) {
  uint64_t one = 1;
  CHECK(write(fd, &one, 8) == 8);
  CHECK(sem_post(&semaphore) == 0);
}

static void call(long ms) {
  struct later later = {ms, raise_both};
  uint64_t count = 0;
  fd = eventfd(0, 0);
  CHECK(fd >= 0 && sem_init(&semaphore, 0, 0) == 0);
  pthread_t thread = send_later(&later);
  CHECK(read(fd, &count, 8) == 8 && count == 1);
  CHECK(sem_wait(&semaphore) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  close(fd);
}

int main(void) { return blocking_main(call); }
