/* Signals that waited at the point wait again, with their values and in their order, although the
 * program has taken them since: sent to the process, to the thread, and faults that it sent itself.
 * What it sent itself since is gone, faults as well as others. */
#include "../target.h"

static sigset_t all;

static siginfo_t take(void) {
  struct timespec none = {0, 0};
  siginfo_t info;
  memset(&info, 0, sizeof info);
  if (sigtimedwait(&all, &info, &none) < 0) CHECK(errno == EAGAIN);
  return info;
}

static void queue(int value) {
  CHECK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = value}) == 0);
}

int main(void) {
  struct tjmp why;
  sigemptyset(&all);
  for (int signo = 1; signo <= SIGRTMAX; signo++) {
    if (signo != SIGKILL && signo != SIGSTOP && signo != SIGSEGV) sigaddset(&all, signo);
  }
  CHECK(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
  CHECK(kill(getpid(), SIGUSR1) == 0 && raise(SIGUSR2) == 0 && raise(SIGABRT) == 0);
  queue(7);
  queue(8);
  queue(7);
  point(&why);
  if (why.rollbacks < 2) {
    while (take().si_signo != 0) continue;
    CHECK(kill(getpid(), SIGFPE) == 0 && raise(SIGBUS) == 0 && kill(getpid(), SIGHUP) == 0);
    fall();
  }
  siginfo_t info;
  CHECK((info = take()).si_signo == SIGABRT && info.si_code == SI_USER);
  CHECK((info = take()).si_signo == SIGUSR2 && info.si_pid == getpid());
  CHECK((info = take()).si_signo == SIGUSR1 && info.si_code == SI_USER);
  for (int index = 0; index < 3; index++) {
    CHECK((info = take()).si_signo == SIGRTMIN + 1 && info.si_code == SI_QUEUE);
    CHECK(info.si_value.sival_int == (index == 1 ? 8 : 7));
  }
  CHECK(take().si_signo == 0 && why.lost == 0);
  return ok();
}
