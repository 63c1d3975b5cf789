/* belay: --every 10 */
/*
 * A child in vfork waits for a thread of its parent: points are refused meanwhile, and nothing
 * else stands still. A fall of another thread goes back all the same.
 */
#include "child.h"

static int ends[2];
static volatile int is_in_vfork;
static volatile long ticks, ticks_before;

static void *wait_in_vfork(void *argument) {
  pid_t child = vfork();
  if (child == 0) {
    char byte;
    is_in_vfork = 1;
    _exit(read(ends[0], &byte, 1) == 1 ? 7 : 8);
  }
  expect_exit(child, 7);
  return argument;
}

static void *tick(void *argument) {
  for (;; ticks++) sleep_ms(1);
  return argument;
}

static pthread_t begin(void *(*work)(void *)) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  return thread;
}

static pthread_t begin_vfork(void) {
  is_in_vfork = 0;
  pthread_t thread = begin(wait_in_vfork);
  while (!is_in_vfork) sleep_ms(1);
  return thread;
}

int main(void) {
  struct tjmp why;
  CHECK(pipe(ends) == 0);
  begin(tick);
  int first = point(&why);
  if (why.cause == TJMP_SAVED) {
    begin_vfork();
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 1 && !is_in_vfork);
  CHECK(tforget(first) == 0);
  pthread_t thread = begin_vfork();
  ticks_before = ticks;
  CHECK(tsetjmp(&why) == -1 && errno == EAGAIN);
  CHECK(ticks - ticks_before > 20);
  CHECK(write(ends[1], "x", 1) == 1);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(point(&why) > first);
  return ok();
}
