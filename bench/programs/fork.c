/*
 * fork() as the checkpoint: what programs do today where they have nothing else.
 *
 *   fork fork|exit|write ROUNDS SIZE_MB PAGES
 *
 * Samples, of a process with SIZE_MB resident: fork() itself; fork(), end of the child and
 * waitpid(); the first write to each of PAGES pages while the child lives, by page.
 */
#include "bench.h"
#include <signal.h>
#include <sys/wait.h>

static char *memory;

static pid_t fork_child(int ends) {
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    if (ends) _exit(0);
    for (;;) pause();
  }
  return child;
}

static void await_child(pid_t child) {
  if (waitpid(child, NULL, 0) != child) die("waitpid");
}

static void measure_exit(void) {
  uint64_t began = now_ns();
  await_child(fork_child(1));
  sample(now_ns() - began);
}

static void measure_fork(int wants_writes, size_t stride, unsigned long pages) {
  uint64_t began = now_ns();
  pid_t child = fork_child(0);
  uint64_t forked = now_ns();
  for (unsigned long page = 0; page < pages; page++) memory[page * stride] += 1;
  uint64_t written = now_ns();
  sample(wants_writes ? (written - forked) / pages : forked - began);
  kill(child, SIGKILL);
  await_child(child);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  unsigned long rounds = argument(argc, argv, 2);
  size_t size = argument(argc, argv, 3) << 20;
  unsigned long pages = argument(argc, argv, 4);
  samples_open();
  memory = map_touched(size, MAP_PRIVATE);
  size_t stride = size / pages / PAGE * PAGE;
  for (unsigned long round = 0; round < rounds; round++) {
    if (strcmp(argv[1], "exit") == 0) measure_exit();
    else measure_fork(strcmp(argv[1], "write") == 0, stride, pages);
  }
  return samples_print();
}
