/*
 * Other threads for a target: each holds a pattern on its stack and in its TLS, and waits in its
 * own way (futex, pipe, sleep, spinning); released at the end, each says whether all is there.
 */
#ifndef CREW_H
#define CREW_H

#include "target.h"
#include <linux/futex.h>

#define CREW_MAX 64
#define CREW_GO UINT64_C(0x600D600D600D600D)

static __thread uint64_t crew_tls[32];
static volatile uint64_t crew_go;
static uint32_t crew_futex;
static pthread_t crew_threads[CREW_MAX];
static int crew_count;
static int crew_pipe[2];
static volatile int crew_ready;

UNUSED static void crew_wait(int number) {
  char byte;
  switch (number % 4) {
    case 0:
      while (crew_go != CREW_GO) {
        long result = syscall(SYS_futex, &crew_futex, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
        CHECK(result == 0 || errno == EAGAIN);
      }
      break;
    case 1:
      CHECK(read(crew_pipe[0], &byte, 1) == 1);
      break;
    case 2:
      while (crew_go != CREW_GO) sleep_ms(20);
      break;
    default:
      while (crew_go != CREW_GO) __builtin_ia32_pause();
  }
}

UNUSED static void *crew_member(void *argument) {
  int number = (int)(intptr_t)argument;
  uint64_t local[256];
  char name[16], expected[16];
  snprintf(expected, sizeof expected, "crew-%d", number);
  pthread_setname_np(pthread_self(), expected);
  fill(local, sizeof local, (uint64_t)number);
  fill(crew_tls, sizeof crew_tls, (uint64_t)number + 1000);
  pid_t tid = (pid_t)syscall(SYS_gettid);
  __atomic_add_fetch(&crew_ready, 1, __ATOMIC_SEQ_CST);
  crew_wait(number);
  verify(local, sizeof local, (uint64_t)number);
  verify(crew_tls, sizeof crew_tls, (uint64_t)number + 1000);
  CHECK((pid_t)syscall(SYS_gettid) == tid);
  CHECK(pthread_getname_np(pthread_self(), name, sizeof name) == 0 && strcmp(name, expected) == 0);
  return argument;
}

/* Starts threads until the process has `total`, and lets them reach their waits. */
UNUSED static void crew_start(int total) {
  crew_count = total - 1;
  CHECK(crew_count < CREW_MAX && pipe(crew_pipe) == 0);
  for (int number = 0; number < crew_count; number++) {
    void *argument = (void *)(intptr_t)number;
    CHECK(pthread_create(&crew_threads[number], NULL, crew_member, argument) == 0);
  }
  while (crew_ready != crew_count) sleep_ms(1);
  sleep_ms(20);
}

/* Lets all go, and waits for their verdicts. */
UNUSED static void crew_finish(void) {
  crew_go = CREW_GO;
  crew_futex = 1;
  syscall(SYS_futex, &crew_futex, FUTEX_WAKE_PRIVATE, CREW_MAX, NULL, NULL, 0);
  for (int number = 0; number < crew_count; number++) {
    if (number % 4 == 1) CHECK(write(crew_pipe[1], "x", 1) == 1);
  }
  for (int number = 0; number < crew_count; number++) {
    void *result = NULL;
    CHECK(pthread_join(crew_threads[number], &result) == 0);
    CHECK(result == (void *)(intptr_t)number);
  }
}

/* The number of threads asked for on the command line; 1 by default. */
UNUSED static int crew_size(int argc, char **argv) { return argc > 1 ? atoi(argv[1]) : 1; }

#endif
