/*
 * Rollbacks and points of a program with full pipes, or with many idle ones.
 *
 *   channels back|save ROUNDS PIPES BYTES
 *
 * Each round takes all that is in PIPES pipes, BYTES each, and writes other bytes. `back` then goes
 * back to the one point there is, by tlongjmp; `save` makes a point and forgets the former one.
 */
#include "rounds.h"

#define WARM_UP 50
#define PIPES_MAX 1024

static int pipes[PIPES_MAX][2];
static unsigned long pipe_count, size;
static char bytes[1 << 16];

static void take_and_put(uint64_t round) {
  if (size == 0) return;
  for (unsigned long index = 0; index < pipe_count; index++) {
    if (read(pipes[index][0], bytes, size) != (ssize_t)size) die("read");
    bytes[0] = (char)round;
    if (write(pipes[index][1], bytes, size) != (ssize_t)size) die("write");
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  struct rounds rounds = {argument(argc, argv, 2), WARM_UP, take_and_put, NULL};
  pipe_count = argument(argc, argv, 3);
  size = argument(argc, argv, 4);
  if (pipe_count > PIPES_MAX || size > sizeof bytes) return 2;
  samples_open();
  for (unsigned long index = 0; index < pipe_count; index++) {
    if (pipe(pipes[index]) != 0) die("pipe");
    if (size > 0 && write(pipes[index][1], bytes, size) != (ssize_t)size) die("write");
  }
  if (strcmp(argv[1], "save") == 0) measure_save(&rounds);
  else measure_back(&rounds);
  return samples_print();
}
