/*
 * A fuzzer's loop: as many resets a second as there can be, of a program of 8 MB that writes PAGES
 * pages between two.
 *
 *   resets jump MILLISECONDS PAGES    by tlongjmp to the one point there is
 *   resets fork MILLISECONDS PAGES    a fork server: each time in another child, which then ends
 *
 * Says `ready` once warm, begins when a byte comes by its input, goes on for so long, prints how
 * many resets there were and the nanoseconds they took, and stays until its input ends.
 */
#include "rounds.h"

#define WARM_UP 500
#define SIZE ((size_t)8 << 20)

static char *memory;
static unsigned long pages;
static uint64_t limit_ns;

static void write_pages(uint64_t seed) {
  for (unsigned long index = 0; index < pages; index++) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    memory[(seed >> 33) % (SIZE / PAGE) * PAGE] += 1;
  }
}

/* Not by stdio, whose buffers would go back. */
static void await_start(void) {
  char byte;
  if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &byte, 1) != 1) die("start");
  samples->began = now_ns();
}

static int is_over(void) {
  return samples->began != 0 && now_ns() - samples->began >= limit_ns;
}

static void run_in_child(uint64_t round) {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    write_pages(round);
    _exit(0);
  }
  if (waitpid(child, NULL, 0) != child) die("waitpid");
}

static void reset_by_fork(void) {
  for (; !is_over(); samples->round++) {
    if (samples->round == WARM_UP) await_start();
    run_in_child(samples->round);
  }
}

/* What is not to go back is in `samples`. */
static void reset_by_jump(void) {
  int cd = make_point(NULL);
  if (is_over()) return;
  uint64_t round = samples->round++;
  if (round == WARM_UP) await_start();
  write_pages(round);
  tlongjmp(cd, 1);
  die("tlongjmp");
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  limit_ns = argument(argc, argv, 2) * UINT64_C(1000000);
  pages = argument(argc, argv, 3);
  samples_open();
  memory = map_touched(SIZE, MAP_PRIVATE);
  memset(memory, 1, SIZE);
  if (strcmp(argv[1], "fork") == 0) reset_by_fork();
  else reset_by_jump();
  unsigned long long ns = now_ns() - samples->began;
  printf("%llu %llu\n", (unsigned long long)samples->round - WARM_UP, ns);
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
