/* belay: --every 5 */
/* flock waits until the other holder lets go. */
#include "blocking.h"
#include <sys/file.h>

static int holder, locker;
static void unlock(void) { CHECK(flock(holder, LOCK_UN) == 0); }

static void call(long ms) {
  char name[] = "/tmp/belay-lock-XXXXXX";
  struct later later = {ms, unlock};
  holder = mkstemp(name);
  locker = open(name, O_RDWR);
  CHECK(holder >= 0 && locker >= 0 && unlink(name) == 0 && flock(holder, LOCK_EX) == 0);
  pthread_t thread = send_later(&later);
  CHECK(flock(locker, LOCK_EX) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  close(holder);
  close(locker);
}

int main(void) { return blocking_main(call); }
