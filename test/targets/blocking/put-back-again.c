/* Waits with a time limit come to their end in a program that goes back again and again in the
 * middle of them: what was left at the point is left, not the whole limit. And none is early. */
#include "../target.h"
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>

enum { LIMIT_MS = 1000, ROUND_MS = 100, ROUNDS = 40, KINDS = 11 };

static volatile int done[KINDS];
static int pair[2], set, epoll;

static void wait_once(int kind) {
  struct timespec span = {LIMIT_MS / 1000, 0};
  struct timeval limit = {LIMIT_MS / 1000, 0};
  struct epoll_event event;
  struct sembuf take = {0, -1, 0};
  static int word;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR2);
  switch (kind) {
    case 0: CHECK(nanosleep(&span, NULL) == 0); break;
    case 1: CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL) == 0); break;
    case 2: CHECK(poll(NULL, 0, LIMIT_MS) == 0); break;
    case 3:
      CHECK(syscall(SYS_futex, &word, 0, 0, &span, NULL, 0) == -1 && errno == ETIMEDOUT);
      break;
    case 4: CHECK(epoll_wait(epoll, &event, 1, LIMIT_MS) == 0); break;
    case 5: CHECK(sigtimedwait(&signals, NULL, &span) == -1 && errno == EAGAIN); break;
    case 6: CHECK(semtimedop(set, &take, 1, &span) == -1 && errno == EAGAIN); break;
    case 7: CHECK(recv(pair[0], &word, 1, 0) == -1 && errno == EAGAIN); break;
    case 8: CHECK(nanosleep(&span, &span) == 0); break;
    case 9: CHECK(ppoll(NULL, 0, &span, NULL) == 0); break;
    default: CHECK(select(0, NULL, NULL, NULL, &limit) == 0);
  }
}

static void *waiting(void *argument) {
  int kind = (int)(intptr_t)argument;
  uint64_t start = now_ns();
  wait_once(kind);
  uint64_t ms = (now_ns() - start) / 1000000;
  if (ms < LIMIT_MS - 1) fail("kind %d was early: %" PRIu64 " ms", kind, ms);
  done[kind] = 1;
  return NULL;
}

static int are_done(void) {
  int count = 0;
  for (int kind = 0; kind < KINDS; kind++) count += done[kind];
  return count == KINDS;
}

int main(void) {
  struct tjmp why;
  struct timeval limit = {LIMIT_MS / 1000, 0};
  pthread_t threads[KINDS];
  CHECK(tforget(point(NULL)) == 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  CHECK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  epoll = epoll_create1(0);
  set = semget(IPC_PRIVATE, 1, 0600);
  CHECK(epoll >= 0 && set >= 0);
  for (intptr_t kind = 0; kind < KINDS; kind++) {
    CHECK(pthread_create(&threads[kind], NULL, waiting, (void *)kind) == 0);
  }
  int round = 0;
  for (; round < ROUNDS && !are_done(); round++) {
    sleep_ms(ROUND_MS);
    int cd = point(&why);
    if (why.rollbacks == 0) tlongjmp(cd, 1);
    CHECK(tforget(cd) == 0);
  }
  CHECK(semctl(set, 0, IPC_RMID) == 0);
  for (int kind = 0; kind < KINDS; kind++) {
    if (!done[kind]) fail("kind %d waits for ever", kind);
    CHECK(pthread_join(threads[kind], NULL) == 0);
  }
  return ok();
}
