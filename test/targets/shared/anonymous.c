/* belay: ; argument 1 16 */
/* Anonymous shared memory goes back, to each of several points, with threads that write to it; what
 * was not touched at the point is not there again, and takes no memory. */
#include "shared.h"

enum { PAGES = 64, THREADS_MAX = 16 };

static char *memory;
static pthread_barrier_t begun, written;

static void *write_all(void *argument) {
  size_t thread = (size_t)argument;
  pthread_barrier_wait(&begun);
  memory[PAGES / 2 * PAGE + thread] = 'x';
  __atomic_fetch_add((int *)(memory + PAGES / 4 * PAGE), 1, __ATOMIC_RELAXED);
  pthread_barrier_wait(&written);
  for (;;) pause();
  return NULL;
}

int main(int argc, char **argv) {
  struct tjmp why, later;
  pthread_t thread;
  size_t threads = argc > 1 ? (size_t)atoi(argv[1]) : 1;
  memory = shared_anonymous(PAGES * PAGE);
  fill(memory, 8 * PAGE, 1);
  CHECK(pthread_barrier_init(&begun, NULL, (unsigned)threads + 1) == 0);
  CHECK(pthread_barrier_init(&written, NULL, (unsigned)threads + 1) == 0);
  for (size_t i = 0; i < threads; i++) {
    CHECK(pthread_create(&thread, NULL, write_all, (void *)i) == 0);
  }
  int first = point(&why);
  if (why.rollbacks == 0) {
    fill(memory, 4 * PAGE, 2);
    int second = point(&later);
    if (later.rollbacks == 0) {
      pthread_barrier_wait(&begun);
      pthread_barrier_wait(&written);
      fill(memory, PAGES * PAGE, 3);
      fall();
    }
    CHECK(second > 0 && (later.lost & TJMP_LOST_SHARED) == 0);
    verify(memory, 4 * PAGE, 2);
    verify_zero(memory + 8 * PAGE, (PAGES - 8) * PAGE);
    fill(memory, PAGES * PAGE, 4);
    tlongjmp(first, 1);
  }
  CHECK((why.lost & TJMP_LOST_SHARED) == 0);
  CHECK(count_present(memory, PAGES) == 8);
  verify(memory, 8 * PAGE, 1);
  verify_zero(memory + 8 * PAGE, (PAGES - 8) * PAGE);
  return ok();
}
