/* What the bench's programs share: the clock, and samples kept where no rollback reaches. */
#ifndef BENCH_H
#define BENCH_H

#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define PAGE 4096
#define SAMPLES_MAX 65536

/*
 * In a mapped file: it stays as it is when the process goes back, and recording a sample adds no
 * page to those that a point must save.
 */
struct samples {
  uint64_t began;
  uint64_t count;
  uint64_t round;
  uint32_t ns[SAMPLES_MAX];
};
static struct samples *samples;

UNUSED static void die(const char *what) {
  perror(what);
  exit(1);
}

UNUSED static uint64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
}

UNUSED static void *map_touched(size_t size, int flags) {
  int protection = PROT_READ | PROT_WRITE;
  char *memory = mmap(NULL, size, protection, flags | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  return memory;
}

/* Memory that is shared would be compared at each point, and go back. */
UNUSED static void samples_open(void) {
  char name[] = "/tmp/belay-samples-XXXXXX";
  int fd = mkstemp(name);
  if (fd < 0 || unlink(name) != 0 || ftruncate(fd, sizeof *samples) != 0) die(name);
  int protection = PROT_READ | PROT_WRITE;
  samples = mmap(NULL, sizeof *samples, protection, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (samples == MAP_FAILED) die("mmap");
  memset(samples, 0, sizeof *samples);
  close(fd);
}

UNUSED static void sample(uint64_t ns) {
  if (samples->count < SAMPLES_MAX) {
    samples->ns[samples->count++] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
  }
}

/* All samples, in nanoseconds, one a line. */
UNUSED static int samples_print(void) {
  for (uint64_t index = 0; index < samples->count; index++) printf("%u\n", samples->ns[index]);
  return 0;
}

/* Rounds of `work` in a child, to which the parent's descriptors and mappings are another's. */
UNUSED static void measure_in_child(uint64_t rounds, void (*prepare)(void), void (*work)(void)) {
  pid_t child = fork();
  if (child != 0) {
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) die("child");
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prepare();
  for (uint64_t round = 0; round < rounds; round++) {
    uint64_t began = now_ns();
    work();
    sample(now_ns() - began);
  }
  _exit(0);
}

UNUSED static unsigned long argument(int argc, char **argv, int index) {
  if (index >= argc) {
    fprintf(stderr, "argument %d is missing\n", index);
    exit(2);
  }
  return strtoul(argv[index], NULL, 10);
}

#endif
