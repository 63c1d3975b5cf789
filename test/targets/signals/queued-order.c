/* Signals that waited at the point come in its order, although the first of them have been taken
 * since, and before those that came since: sent to the process, and to the thread. A standard
 * signal waits with the value that it had. */
#include "queued.h"

enum { QUEUED = 3, NUMBER = 40, STANDARD = SIGUSR1 };

static sigset_t set;

/* By somebody else: that stays. */
static void queue_from_outside(int signo, int value) {
  pid_t child = fork();
  union sigval content = {.sival_int = value};
  if (child == 0) _exit(sigqueue(getppid(), signo, content) != 0);
  int status = 1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void queue(int signo, int value, int to_thread) {
  union sigval content = {.sival_int = value};
  if (to_thread) CHECK(pthread_sigqueue(pthread_self(), signo, content) == 0);
  else CHECK(sigqueue(getpid(), signo, content) == 0);
}

int main(void) {
  struct tjmp why;
  sigfillset(&set);
  sigdelset(&set, SIGSEGV);
  CHECK(pthread_sigmask(SIG_SETMASK, &set, NULL) == 0);
  for (int value = 1; value <= QUEUED; value++) {
    queue(NUMBER, value, 0);
    queue(NUMBER, 10 + value, 1);
    queue(NUMBER + 1, value, 0);
    queue(NUMBER + 2, value, 1);
  }
  queue(STANDARD, 1, 0);
  point(&why);
  if (why.rollbacks < 3) {
    int taken = (int)why.rollbacks + 1;
    for (int index = 0; index < taken; index++) {
      CHECK(take(NUMBER) == 11 + index);
      CHECK(take(NUMBER + 1) == 1 + index);
      CHECK(take(NUMBER + 2) == 1 + index);
    }
    if (taken == QUEUED) CHECK(take(NUMBER) == 1);
    CHECK(take(STANDARD) == 1);
    queue(STANDARD, 2, 0);
    queue_from_outside(NUMBER + 1, 4 + taken);
    fall();
  }
  CHECK(why.lost == 0);
  for (int value = 1; value <= QUEUED; value++) CHECK(take(NUMBER) == 10 + value);
  for (int value = 1; value <= QUEUED; value++) CHECK(take(NUMBER) == value);
  for (int value = 1; value <= 7; value++) CHECK(value == 4 || take(NUMBER + 1) == value);
  for (int value = 1; value <= QUEUED; value++) CHECK(take(NUMBER + 2) == value);
  CHECK(take(NUMBER) < 0 && take(NUMBER + 1) < 0 && take(NUMBER + 2) < 0);
  CHECK(take(STANDARD) == 1 && take(STANDARD) < 0);
  return ok();
}
