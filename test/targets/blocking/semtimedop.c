/* belay: --every 5 */
/* semtimedop on a semaphore that nobody raises times out with EAGAIN. */
#include "blocking.h"
#include <sys/sem.h>

static int set = -1;

static void call(long ms) {
  struct timespec span = span_of(ms);
  struct sembuf take = {0, -1, 0};
  if (set < 0) {
    set = semget(IPC_PRIVATE, 1, 0600);
    CHECK(set >= 0 && semctl(set, 0, SETVAL, 0) == 0);
  }
  CHECK(semtimedop(set, &take, 1, &span) == -1 && errno == EAGAIN);
}

int main(void) {
  int result = blocking_main(call);
  semctl(set, 0, IPC_RMID);
  return result;
}
