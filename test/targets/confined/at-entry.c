/* belay: --every 1 */
/* A thread that waits again and again, and may do nothing else, is about to make its call now and
 * then when the process goes back: its own filter sees no other call than that. */
#include "confined.h"

#include <sys/epoll.h>

enum { ROUNDS = 600 };

static int epoll, rounds;
static volatile uint64_t turns;

static void *waiter(void *argument) {
  static const int allowed[] = {SYS_epoll_wait};
  struct epoll_event event;
  /* Where filters cannot be suspended there are no points: that is another target's. */
  if (may_suspend()) shut_in(allowed, 1, SECCOMP_RET_KILL_PROCESS);
  for (;; turns++) epoll_wait(epoll, &event, 1, 1);
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  keep(&rounds, sizeof rounds);
  epoll = epoll_create1(0);
  CHECK(epoll >= 0 && pthread_create(&thread, NULL, waiter, NULL) == 0);
  while (turns == 0) usleep(100);
  int cd = point(&why);
  usleep((useconds_t)(rounds * 37 % 3000));
  if (rounds++ < ROUNDS) tlongjmp(cd, 1);
  return ok();
}
