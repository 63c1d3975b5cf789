/*
 * The first point of a process, and fork() of the same one: by the clock around each.
 *
 *   first point|grown|fork SIZE_MB
 *
 * One sample: `point` makes its first point; `grown` has made one before it had the memory, so that
 * the supervisor has done all for the first time; `fork` begins a child that waits to be killed.
 */
#include "bench.h"
#include <belay.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

static uint64_t measure_point(void) {
  uint64_t began = now_ns();
  if (tsetjmp(NULL) < 0) die("tsetjmp");
  return now_ns() - began;
}

static uint64_t measure_fork(void) {
  uint64_t began = now_ns();
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    for (;;) pause();
  }
  uint64_t ns = now_ns() - began;
  kill(child, SIGKILL);
  if (waitpid(child, NULL, 0) != child) die("waitpid");
  return ns;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  if (strcmp(argv[1], "grown") == 0) measure_point();
  size_t size = argument(argc, argv, 2) << 20;
  char *memory = map_touched(size, MAP_PRIVATE);
  for (size_t page = 0; page < size / PAGE; page++) memory[page * PAGE] = (char)page;
  printf("%" PRIu64 "\n", strcmp(argv[1], "fork") == 0 ? measure_fork() : measure_point());
  return 0;
}
