/* belay: --every 1 */
/* Signals that are queued come once each, in order, with their values, while points are made. */
#include "../target.h"

enum { COUNT = 3000 };

static volatile int seen;
static volatile int wrong;

static void handler(int signo, siginfo_t *info, void *context) {
  (void)context;
  if (signo != SIGRTMIN + 1 || info->si_code != SI_QUEUE || info->si_pid != getpid() ||
      info->si_value.sival_int != seen)
    wrong += 1;
  seen += 1;
}

/* Dispositions that change make belay ask the program by calls of its own, at each point. */
static void *change(void *argument) {
  for (int round = 0; seen < COUNT; round++) {
    signal(SIGUSR1, round % 2 ? SIG_IGN : SIG_DFL);
    usleep(300);
  }
  return argument;
}

int main(void) {
  pthread_t thread;
  struct sigaction action;
  sigset_t all;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  CHECK(sigaction(SIGRTMIN + 1, &action, NULL) == 0);
  CHECK(tforget(point(NULL)) == 0);
  sigfillset(&all);
  pthread_t self = pthread_self();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &all, &before);
  CHECK(pthread_create(&thread, NULL, change, NULL) == 0);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  for (int sent = 0; sent < COUNT; sent++) {
    union sigval value = {.sival_int = sent};
    CHECK(sent % 2 ? pthread_sigqueue(self, SIGRTMIN + 1, value) == 0
                   : sigqueue(getpid(), SIGRTMIN + 1, value) == 0);
    if (sent % 10 == 0) usleep(200);
  }
  while (seen < COUNT) sleep_ms(1);
  if (wrong > 0) fail("%d of %d came otherwise than they were sent", wrong, COUNT);
  CHECK(pthread_join(thread, NULL) == 0);
  return ok();
}
