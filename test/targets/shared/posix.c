/* belay: argument named unlinked unlinked-since */
/* POSIX shared memory and a named semaphore in it go back, with or without a name. */
#include "shared.h"
#include <semaphore.h>

enum { PAGES = 3 };

int main(int argc, char **argv) {
  struct tjmp why;
  char name[64], semaphore[64];
  const char *how = argc > 1 ? argv[1] : "named";
  snprintf(name, sizeof name, "/belay-target-%d", getpid());
  snprintf(semaphore, sizeof semaphore, "/belay-semaphore-%d", getpid());
  int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  CHECK(fd >= 0 && ftruncate(fd, PAGES * (off_t)PAGE) == 0);
  char *memory = map_shared(fd, PAGES * PAGE);
  fill(memory, PAGES * PAGE, 1);
  close(fd);
  sem_t *count = sem_open(semaphore, O_CREAT | O_EXCL, 0600, 2);
  CHECK(count != SEM_FAILED && sem_unlink(semaphore) == 0);
  if (strcmp(how, "unlinked") == 0) CHECK(shm_unlink(name) == 0);
  int cd = tsetjmp(&why);
  if (cd <= 0) {
    int error = errno;
    shm_unlink(name);
    errno = error;
    point(&why);
  }
  if (why.cause == TJMP_SAVED) {
    CHECK(sem_wait(count) == 0 && sem_trywait(count) == 0 && sem_trywait(count) != 0);
    fill(memory, PAGES * PAGE, 2);
    if (strcmp(how, "unlinked-since") == 0) CHECK(shm_unlink(name) == 0);
    fall();
  }
  shm_unlink(name);
  int value = 0;
  CHECK(sem_getvalue(count, &value) == 0 && value == 2 && (why.lost & TJMP_LOST_SHARED) == 0);
  verify(memory, PAGES * PAGE, 1);
  return ok();
}
