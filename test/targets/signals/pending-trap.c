/* belay: --every 3 --on SIGSEGV; argument process thread both */
/* A SIGTRAP that is blocked and pending stays so, with its siginfo, whatever belay asks for. */
#include "../target.h"

static volatile sig_atomic_t handled;
static void handler(int signo) { handled = signo; }

/* Dispositions that change make belay ask the program by calls of its own, at each point. */
static void make_points(void) {
  for (int round = 0; round < 20; round++) {
    signal(SIGUSR1, round % 2 ? SIG_IGN : SIG_DFL);
    CHECK(tforget(point(NULL)) == 0);
    sleep_ms(2);
  }
}

int main(int argc, char **argv) {
  struct timespec none = {0, 0};
  union sigval value = {.sival_int = 42};
  sigset_t set, pending;
  siginfo_t info;
  const char *how = argc > 1 ? argv[1] : "process";
  CHECK(tforget(point(NULL)) == 0);
  signal(SIGTRAP, handler);
  sigemptyset(&set);
  sigaddset(&set, SIGTRAP);
  sigprocmask(SIG_BLOCK, &set, NULL);
  if (strcmp(how, "thread") != 0) CHECK(sigqueue(getpid(), SIGTRAP, value) == 0);
  if (strcmp(how, "process") != 0) CHECK(raise(SIGTRAP) == 0);
  make_points();
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGTRAP) && !handled);
  CHECK(sigtimedwait(&set, &info, &none) == SIGTRAP);
  int is_queued = strcmp(how, "process") == 0;
  CHECK((info.si_code == SI_QUEUE) == is_queued && info.si_pid == getpid());
  CHECK(!is_queued || info.si_value.sival_int == 42);
  while (sigtimedwait(&set, NULL, &none) == SIGTRAP) {}
  signal(SIGTRAP, SIG_IGN);
  make_points();
  CHECK(signal(SIGTRAP, handler) == SIG_IGN);
  make_points();
  CHECK(!handled && raise(SIGTRAP) == 0 && !handled);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  CHECK(handled == SIGTRAP);
  return ok();
}
