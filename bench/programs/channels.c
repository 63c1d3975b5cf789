/*
 * Rollbacks and points of a program with full pipes, or with many idle ones.
 *
 *   channels back|save ROUNDS PIPES BYTES
 *
 * Each round takes all that is in PIPES pipes, BYTES each, and writes other bytes. `back` then goes
 * back to the one point there is, by tlongjmp; `save` makes a point and forgets the former one.
 */
#include "bench.h"
#include <belay.h>

#define WARM_UP 50
#define PIPES_MAX 1024

static int pipes[PIPES_MAX][2];
static unsigned long pipe_count, size;
static char bytes[1 << 16];

static void take_and_put(void) {
  if (size == 0) return;
  for (unsigned long index = 0; index < pipe_count; index++) {
    if (read(pipes[index][0], bytes, size) != (ssize_t)size) die("read");
    bytes[0] += 1;
    if (write(pipes[index][1], bytes, size) != (ssize_t)size) die("write");
  }
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
    take_and_put();
    uint64_t began = now_ns();
    int cd = point(&why);
    uint64_t ns = now_ns() - began;
    if (round >= WARM_UP) sample(ns);
    if (tforget(former) != 0) die("tforget");
    former = cd;
  }
}

static void measure_back(uint64_t rounds) {
  struct tjmp why;
  samples->began = 0;
  int cd = point(&why);
  uint64_t ended = now_ns();
  if (why.rollbacks > WARM_UP) sample(ended - samples->began);
  if (why.rollbacks == rounds + WARM_UP) return;
  take_and_put();
  samples->began = now_ns();
  tlongjmp(cd, 1);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  unsigned long rounds = argument(argc, argv, 2);
  pipe_count = argument(argc, argv, 3);
  size = argument(argc, argv, 4);
  if (pipe_count > PIPES_MAX || size > sizeof bytes) return 2;
  samples_open();
  for (unsigned long index = 0; index < pipe_count; index++) {
    if (pipe(pipes[index]) != 0) die("pipe");
    if (size > 0 && write(pipes[index][1], bytes, size) != (ssize_t)size) die("write");
  }
  if (strcmp(argv[1], "save") == 0) measure_save(rounds);
  else measure_back(rounds);
  return samples_print();
}
