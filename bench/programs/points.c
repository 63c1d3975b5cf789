/*
 * Points and rollbacks as the program sees them, by the clock around each.
 *
 *   points save|fall|jump ROUNDS SIZE_MB PAGES THREADS
 *
 * Each round writes PAGES pages of SIZE_MB. `save` then makes a point and forgets the former one;
 * `fall` and `jump` go back to the one point there is, by a SIGSEGV and by tlongjmp.
 */
#include "rounds.h"
#include <pthread.h>

#define WARM_UP 200

static char *memory;
static size_t page_count, pages_per_round;

static void write_pages(uint64_t seed) {
  for (size_t index = 0; index < pages_per_round; index++) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    memory[(seed >> 33) % page_count * PAGE] += 1;
  }
}

static void *sleeper(void *nothing) {
  for (;;) pause();
  return nothing;
}

static void fall(void) { *(volatile int *)8 = 1; }

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  int is_fall = strcmp(argv[1], "fall") == 0;
  unsigned long count = argument(argc, argv, 2);
  struct rounds rounds = {count, WARM_UP, write_pages, is_fall ? fall : NULL};
  size_t size = argument(argc, argv, 3) << 20;
  pages_per_round = argument(argc, argv, 4);
  unsigned long threads = argument(argc, argv, 5);
  samples_open();
  page_count = size / PAGE;
  memory = map_touched(size, MAP_PRIVATE);
  for (size_t page = 0; page < page_count; page++) memory[page * PAGE] = (char)page;
  for (unsigned long index = 1; index < threads; index++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleeper, NULL) != 0) die("pthread_create");
  }
  if (strcmp(argv[1], "save") == 0) measure_save(&rounds);
  else measure_back(&rounds);
  return samples_print();
}
