/* belay: ; argument 0 20000 40000 100000 300000 */
/*
 * What is left of making the first point of much memory is done by nobody who can make no calls: a
 * program falls at once, and again at once, where another thread's rseq area has been unmapped.
 * Chance decides who falls first: one of two runs shows it.
 */
#include "large.h"
#include <sys/rseq.h>

static int pipes[2];
static struct rseq *volatile area;

static void *work(void *argument) {
  char byte;
  area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
  CHECK(read(pipes[0], &byte, 1) == 1);
  return argument;
}

int main(int argc, char **argv) {
  struct tjmp why;
  pthread_t thread;
  char *memory = large_memory();
  CHECK(pipe(pipes) == 0 && __rseq_size > 0);
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  while (area == NULL) usleep(100);
  usleep(10000);

  point(&why);
  if (why.rollbacks < 2) {
    for (volatile int spins = argc > 1 ? atoi(argv[1]) : 0; spins > 0; spins--) continue;
    CHECK(munmap((void *)((uintptr_t)area & ~(PAGE - 1)), PAGE) == 0);
    fall();
  }
  verify(memory, LARGE, 1);
  CHECK(write(pipes[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0);
  return ok();
}
