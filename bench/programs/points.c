/*
 * Points and rollbacks as the program sees them, by the clock around each.
 *
 *   points save|fall|jump ROUNDS SIZE_MB PAGES THREADS KEEP_KB
 *
 * Each round writes PAGES pages of SIZE_MB. `save` then makes a point and forgets the former one;
 * `fall` and `jump` go back to the one point there is, by a SIGSEGV and by tlongjmp. KEEP_KB
 * survive that, and each round writes one page of them.
 */
#include "rounds.h"
#include <pthread.h>

#define WARM_UP 200

static char *memory;
static size_t page_count, pages_per_round;
static uint64_t *kept;

static void write_pages(uint64_t seed) {
  for (size_t index = 0; index < pages_per_round; index++) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    memory[(seed >> 33) % page_count * PAGE] += 1;
  }
  if (kept != NULL) *kept += 1;
}

static void keep(size_t size) {
  if (size == 0) return;
  kept = map_touched(size, MAP_PRIVATE);
  if (tkeep(kept, size) != 0) die("tkeep");
}

static volatile unsigned long asleep;

static void *sleeper(void *nothing) {
  __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
  for (;;) pause();
  return nothing;
}

/* What they do when they begin is not to be gone back to. */
static void start_sleepers(unsigned long count) {
  for (unsigned long index = 0; index < count; index++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleeper, NULL) != 0) die("pthread_create");
  }
  while (asleep != count) usleep(1000);
  usleep(10000);
}

static void fall(void) { *(volatile int *)8 = 1; }

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  int is_fall = strcmp(argv[1], "fall") == 0;
  unsigned long count = argument(argc, argv, 2);
  uint64_t warm_up = count < WARM_UP ? count : WARM_UP;
  struct rounds rounds = {count, warm_up, write_pages, is_fall ? fall : NULL};
  size_t size = argument(argc, argv, 3) << 20;
  pages_per_round = argument(argc, argv, 4);
  unsigned long threads = argument(argc, argv, 5);
  unsigned long keep_kb = argument(argc, argv, 6);
  samples_open();
  keep(keep_kb << 10);
  page_count = size / PAGE;
  memory = map_touched(size, MAP_PRIVATE);
  for (size_t page = 0; page < page_count; page++) memory[page * PAGE] = (char)page;
  if (threads > 1) start_sleepers(threads - 1);
  if (strcmp(argv[1], "save") == 0) measure_save(&rounds);
  else measure_back(&rounds);
  if (kept != NULL && *kept < count) return 3;
  return samples_print();
}
