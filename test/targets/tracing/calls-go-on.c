/* belay: --every 5 */
/* Threads of a process that is seized: no call of theirs answers because belay has let go of it. */
#include "tracing.h"
#include <poll.h>
#include <sys/epoll.h>

#define THREADS 4

static int pipes[THREADS][2], told[2], go[2];

static void *wait_in_epoll(void *argument) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = 1}};
  int set = epoll_create1(0);
  CHECK(set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, pipes[0][0], &event) == 0);
  CHECK(epoll_wait(set, &event, 1, 60000) == 1);
  return argument;
}

static void *wait_in_poll(void *argument) {
  struct pollfd end = {.fd = pipes[1][0], .events = POLLIN, .revents = 0};
  CHECK(poll(&end, 1, 60000) == 1);
  return argument;
}

static void *wait_in_read(void *argument) {
  char byte;
  CHECK(read(pipes[2][0], &byte, 1) == 1);
  return argument;
}

static void *wait_in_sigtimedwait(void *argument) {
  sigset_t set;
  struct timespec span = {60, 0};
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  CHECK(sigtimedwait(&set, NULL, &span) == SIGUSR2);
  return argument;
}

static void *(*const WORKS[THREADS])(void *) = {wait_in_epoll, wait_in_poll, wait_in_read,
                                                wait_in_sigtimedwait};

static int be_seized(void) {
  char byte;
  pthread_t threads[THREADS];
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
  for (int index = 0; index < THREADS; index++) {
    CHECK(pipe(pipes[index]) == 0);
    CHECK(pthread_create(&threads[index], NULL, WORKS[index], NULL) == 0);
  }
  sleep_ms(50);
  CHECK(write(told[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1);
  for (int index = 0; index < THREADS - 1; index++) CHECK(write(pipes[index][1], "x", 1) == 1);
  CHECK(pthread_kill(threads[THREADS - 1], SIGUSR2) == 0);
  for (int index = 0; index < THREADS; index++) CHECK(pthread_join(threads[index], NULL) == 0);
  return 7;
}

int main(void) {
  char byte;
  CHECK(tforget(point(NULL)) == 0 && pipe(told) == 0 && pipe(go) == 0);
  pid_t child = fork();
  if (child == 0) _exit(be_seized());
  CHECK(read(told[0], &byte, 1) == 1);
  CHECK(ptrace(PTRACE_SEIZE, child, 0, 0) == 0);
  CHECK(ptrace(PTRACE_INTERRUPT, child, 0, 0) == 0);
  expect_stop(child, SIGTRAP);
  CHECK(ptrace(PTRACE_DETACH, child, 0, 0) == 0);
  CHECK(write(go[1], "x", 1) == 1);
  expect_exit(child, 7);
  return ok();
}
