/*
 * Points and rollbacks as the program sees them, by the clock around each.
 *
 *   points save|fall|jump ROUNDS SIZE_MB PAGES THREADS
 *
 * Each round writes PAGES pages of SIZE_MB. `save` then makes a point and forgets the former one;
 * `fall` and `jump` go back to the one point there is, by a SIGSEGV and by tlongjmp.
 */
#include "bench.h"
#include <belay.h>
#include <pthread.h>

/* The first rounds find memory cold and code not yet compiled. */
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

static int point(struct tjmp *why) {
  int cd = tsetjmp(why);
  if (cd < 0) die("tsetjmp");
  return cd;
}

static void measure_save(uint64_t rounds) {
  struct tjmp why;
  int former = point(&why);
  for (uint64_t round = 0; round < rounds + WARM_UP; round++) {
    write_pages(round);
    uint64_t began = now_ns();
    int cd = point(&why);
    uint64_t ns = now_ns() - began;
    if (round >= WARM_UP) sample(ns);
    if (tforget(former) != 0) die("tforget");
    former = cd;
  }
}

static void measure_back(uint64_t rounds, int is_jump) {
  struct tjmp why;
  samples->began = 0;
  int cd = point(&why);
  uint64_t ended = now_ns();
  if (why.rollbacks > 0 && samples->began == 0) {
    fputs("the samples were rolled back, too\n", stderr);
    exit(1);
  }
  if (why.rollbacks > WARM_UP) sample(ended - samples->began);
  if (why.rollbacks == rounds + WARM_UP) return;
  write_pages(why.rollbacks);
  samples->began = now_ns();
  if (is_jump) tlongjmp(cd, 1);
  *(volatile int *)8 = 1;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  unsigned long rounds = argument(argc, argv, 2);
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
  if (strcmp(argv[1], "save") == 0) measure_save(rounds);
  else measure_back(rounds, strcmp(argv[1], "jump") == 0);
  return samples_print();
}
