/* Falls again and again and comes back each time: fault|jump ROUNDS [MEGABYTES [SECONDS]].
 *
 * Each round checks that its memory is what it was at the point. Every page that a round writes
 * holds the round's number, so that a mix of two rounds shows. `ok` is printed at the end; without
 * anybody to answer its calls it counts its rounds without falling, and says `alone`.
 */
#include <belay.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

static unsigned *memory;
static size_t pages;

static void fill(unsigned value) {
  for (size_t page = 0; page < pages; page++)
    for (size_t word = 0; word < PAGE / sizeof *memory; word += 64)
      memory[page * PAGE / sizeof *memory + word] = value + (unsigned)(page + word);
}

static void check(unsigned value) {
  for (size_t page = 0; page < pages; page++)
    for (size_t word = 0; word < PAGE / sizeof *memory; word += 64)
      if (memory[page * PAGE / sizeof *memory + word] != value + (unsigned)(page + word)) {
        fprintf(stderr, "page %zu is not of round %u\n", page, value);
        exit(9);
      }
}

/* Returns only from a jump that nobody answers any more. */
static void fall(int cd, int by_jump) {
  fill(0xdead0000);
  if (by_jump) tlongjmp(cd, 1);
  else *(volatile int *)NULL = 1;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  const int by_jump = argc > 1 && strcmp(argv[1], "jump") == 0;
  const unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 10;
  const size_t megabytes = argc > 3 ? (size_t)atoi(argv[3]) : 1;
  const double end = now() + (argc > 4 ? atof(argv[4]) : 0);
  unsigned round = 0;
  unsigned alone = 0;
  pages = (megabytes << 20) / PAGE;
  memory = aligned_alloc(PAGE, pages * PAGE);
  fill(0);
  printf("%d\n", (int)getpid());
  fflush(stdout);
  for (; round < rounds || now() < end; round++) {
    struct tjmp why;
    int cd = tsetjmp(&why);
    if (cd < 0 && errno == ENOSYS) {
      alone++;
      check(round);
      usleep(1000);
    } else if (cd > 0 && why.cause == TJMP_SAVED) {
      fall(cd, by_jump);
      if (errno != ENOSYS && errno != ENOTRECOVERABLE) return 7;
      alone++;
    } else {
      if (cd < 0 || (by_jump ? why.value != 1 : why.signo != 11)) return 8;
      check(round);
      tforget(cd);
    }
    fill(round + 1);
  }
  puts(alone == 0 ? "ok" : "alone");
  return 0;
}
