/* Ends of pipes that were closed since are in the epoll sets again that watched them, and their
 * O_ASYNC and owner are theirs; a thread that waited for what its end was to give waits again. */
#include "channels.h"
#include <sys/epoll.h>

static int ends[2], signalled[2], waited[2], epoll;
static volatile sig_atomic_t signals, number;
static volatile int seen;

static void count(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)context;
  number = info->si_fd, signals++;
}

static void *waiter(void *argument) {
  char bytes[8];
  ssize_t size = read(waited[0], bytes, sizeof bytes);
  seen = size == 3 ? 1 : 2;
  for (;;) pause();
  return argument;
}

static void watch(int fd, uint32_t events, int data) {
  struct epoll_event event = {.events = events, .data.fd = data};
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

static int ready(void) {
  struct epoll_event event = {.data.fd = 0};
  int found = epoll_wait(epoll, &event, 1, 0);
  return found == 1 ? event.data.fd : found;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = count, .sa_flags = SA_SIGINFO};
  struct tjmp why;
  pthread_t thread;
  sigaction(SIGUSR1, &action, NULL);
  CHECK(pipe(ends) == 0 && pipe(signalled) == 0 && pipe(waited) == 0);
  CHECK((epoll = epoll_create1(0)) >= 0);
  watch(ends[0], EPOLLIN, 10), watch(ends[1], EPOLLOUT | EPOLLET, 20);
  CHECK(ready() == 20 && ready() == 0);
  CHECK(fcntl(signalled[0], F_SETOWN, getpid()) == 0);
  CHECK(fcntl(signalled[0], F_SETSIG, SIGUSR1) == 0 && fcntl(signalled[0], F_SETFL, O_ASYNC) == 0);
  CHECK(pthread_create(&thread, NULL, waiter, NULL) == 0);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(close(waited[1]) == 0);
    while (seen == 0) sleep_ms(1);
    CHECK(seen == 2 && close(waited[0]) == 0);
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0 && ready() == 0);
    CHECK(close(signalled[0]) == 0);
    fall();
  }
  CHECK(why.lost == 0 && seen == 0 && signals == 0);
  /* It may be reported once more. */
  int first = ready();
  CHECK(first == 20 || first == 0);
  CHECK(ready() == 0);
  put(ends[1], "x");
  int then = ready();
  CHECK(then == 10 || (then == 20 && ready() == 10));
  put(signalled[1], "x");
  while (signals == 0) sleep_ms(1);
  CHECK(signals == 1 && number == signalled[0]);
  put(waited[1], "now");
  while (seen == 0) sleep_ms(1);
  CHECK(seen == 1);
  return ok();
}
