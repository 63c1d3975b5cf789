/* belay: --every 5 */
/* A real signal with a handler still gives EINTR, where it gives it without belay. */
#include "blocking.h"
#include <poll.h>
#include <sys/epoll.h>

static pthread_t waiter;
static volatile int caught;
static void handler(int signo) { caught = signo; }
static void send_signal(void) { CHECK(pthread_kill(waiter, SIGUSR1) == 0); }

static void interrupted(int number) {
  struct later later = {40, send_signal};
  struct timespec span = {10, 0};
  struct epoll_event event;
  char byte;
  int ends[2], result = 0, epoll = epoll_create1(0);
  CHECK(pipe(ends) == 0);
  struct pollfd entry = {ends[0], POLLIN, 0};
  caught = 0;
  pthread_t thread = send_later(&later);
  if (number == 0) result = nanosleep(&span, NULL);
  if (number == 1) result = poll(&entry, 1, 10000);
  if (number == 2) result = epoll_wait(epoll, &event, 1, 10000);
  if (number == 3) result = (int)read(ends[0], &byte, 1);
  if (number == 4) result = pause();
  CHECK(result == -1 && errno == EINTR && caught == SIGUSR1);
  CHECK(pthread_join(thread, NULL) == 0);
  close(ends[0]);
  close(ends[1]);
  close(epoll);
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigaction(SIGUSR1, &action, NULL);
  waiter = pthread_self();
  CHECK(tforget(point(NULL)) == 0);
  for (int number = 0; number < 5; number++) interrupted(number);
  return ok();
}
