/* belay: --every 5 */
/* pthread_cond_timedwait times out, and only then. */
#include "blocking.h"

static void call(long ms) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  struct timespec end = moment(CLOCK_REALTIME, ms);
  pthread_mutex_lock(&mutex);
  int result = 0;
  while (result == 0) result = pthread_cond_timedwait(&condition, &mutex, &end);
  CHECK(result == ETIMEDOUT);
  pthread_mutex_unlock(&mutex);
}

int main(void) { return blocking_main(call); }
