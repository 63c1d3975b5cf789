/*
 * What every target program shares: make a point or exit 3, fall, compare, say `ok`.
 *
 * A target proves one promise: prepare, tsetjmp, break something, verify after coming back. It
 * prints `ok` and exits 0 when the promise held; otherwise it prints what differed and exits 1.
 * Its first line may tell the runner what is not the default, as parts between semicolons: options
 * of `belay run`; `exit N` or `signal NAME`; `argument A B`: run it once with A and once with B;
 * `log TEXT`: what the log says of the fall that was not caught.
 * So: "belay: --retries 1; signal SIGSEGV; argument 1 16".
 */
#ifndef TARGET_H
#define TARGET_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <belay.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define MIB ((size_t)1 << 20)
#define UNUSED __attribute__((unused))

#define SCRATCH_MAX 4
static char scratch_names[SCRATCH_MAX][32];
static int scratch_count;

UNUSED static void scratch_remove(void) {
  while (scratch_count > 0) unlink(scratch_names[--scratch_count]);
}

__attribute__((format(printf, 1, 2), noreturn, unused)) static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
  fflush(stdout);
  scratch_remove();
  _exit(1);
}

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      fail("%s:%d: not so: %s (errno %d)", __FILE__, __LINE__, #condition, errno); \
    }                                                                        \
  } while (0)

/* tsetjmp, or the end: 3 when there is nobody to answer it. */
UNUSED static int point(struct tjmp *why) {
  int cd = tsetjmp(why);
  if (cd <= 0) {
    int error = errno;
    fprintf(stderr, "tsetjmp: %s\n", strerror(error));
    scratch_remove();
    _exit(error == ENOSYS ? 3 : 1);
  }
  return cd;
}

/* tkeep, or the end in the same way. */
UNUSED static void keep(void *address, size_t size) {
  if (tkeep(address, size) == 0) return;
  int error = errno;
  fprintf(stderr, "tkeep: %s\n", strerror(error));
  _exit(error == ENOSYS ? 3 : 1);
}

UNUSED static int ok(void) {
  printf("ok\n");
  fflush(stdout);
  scratch_remove();
  return 0;
}

/* Falls, with SIGSEGV, from here. */
UNUSED static void fall(void) {
  int *volatile nowhere = (int *)8;
  *nowhere = 1;
}

/* xorshift64*, so that a block of memory is known by its seed. */
UNUSED static uint64_t noise(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

UNUSED static void fill(void *memory, size_t size, uint64_t seed) {
  uint64_t state = seed * 2 + 1;
  volatile uint64_t *words = (volatile uint64_t *)memory;
  for (size_t index = 0; index < size / 8; index++) words[index] = noise(&state);
}

UNUSED static void verify(const void *memory, size_t size, uint64_t seed) {
  uint64_t state = seed * 2 + 1;
  const volatile uint64_t *words = (const volatile uint64_t *)memory;
  for (size_t index = 0; index < size / 8; index++) {
    uint64_t expected = noise(&state);
    if (words[index] == expected) continue;
    fail("byte %zu at %p of seed %" PRIu64 ": %016" PRIx64 ", not %016" PRIx64, index * 8,
         (const void *)&words[index], seed, (uint64_t)words[index], expected);
  }
}

UNUSED static void verify_zero(const void *memory, size_t size) {
  const volatile uint64_t *words = (const volatile uint64_t *)memory;
  for (size_t index = 0; index < size / 8; index++) {
    if (words[index] != 0) {
      fail("byte %zu: %016" PRIx64 ", not 0", index * 8, (uint64_t)words[index]);
    }
  }
}

UNUSED static void *anonymous(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  return memory;
}

/* A regular file of this size and noise; `ok` and `fail` remove it. */
UNUSED static int scratch_file(size_t size, uint64_t seed) {
  CHECK(scratch_count < SCRATCH_MAX);
  char *name = scratch_names[scratch_count++];
  strcpy(name, "/tmp/belay-target-XXXXXX");
  int fd = mkstemp(name);
  CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
  if (size > 0) {
    void *view = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(view != MAP_FAILED);
    fill(view, size, seed);
    munmap(view, size);
  }
  return fd;
}

/* A regular file of this size and noise, already unlinked. */
UNUSED static int unlinked_file(size_t size, uint64_t seed) {
  int fd = scratch_file(size, seed);
  scratch_remove();
  return fd;
}

UNUSED static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

UNUSED static void sleep_ms(long ms) {
  struct timespec span = {ms / 1000, ms % 1000 * 1000000};
  CHECK(nanosleep(&span, NULL) == 0);
}

#endif
