/*
 * Programs whose list of threads holds one that runs none of their code: `leader`: the first thread
 * has ended before the others; `ring`: a thread of the kernel's, for io_uring. What it is, it says;
 * then it counts up to the end of its standard input, and says `ok` unless a number was skipped.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void *work(void *what) {
  nanosleep(&(struct timespec){0, 50000000}, NULL);
  printf("%s\n", (const char *)what);
  fflush(stdout);
  char byte;
  long count = 0, twice = 0;
  while (read(0, &byte, 1) == 1) count++, twice += 2;
  puts(twice == 2 * count ? "ok" : "wrong");
  exit(0);
}

int main(int argc, char **argv) {
  pthread_t thread;
  struct io_uring_params ring = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 60000};
  if (argc < 2) return 2;
  if (strcmp(argv[1], "ring") == 0) {
    long fd = syscall(SYS_io_uring_setup, 8, &ring);
    work((void *)(fd < 0 ? "no ring here" : "ring"));
  }
  if (pthread_create(&thread, NULL, work, (void *)"leader") != 0) return 2;
  pthread_exit(NULL);
}
