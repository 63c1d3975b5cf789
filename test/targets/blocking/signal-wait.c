/* belay: --every 5 */
/* sigsuspend and signalfd wait for a real signal: EINTR then, and only then. */
#include "blocking.h"
#include <sys/signalfd.h>

static volatile int caught;
static pthread_t waiter;
static void handler(int signo) { caught = signo; }
static void send_signal(void) { CHECK(pthread_kill(waiter, SIGUSR1) == 0); }

static void call(long ms) {
  struct later later = {ms / 2, send_signal};
  sigset_t blocked, before;
  waiter = pthread_self();
  signal(SIGUSR1, handler);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  CHECK(pthread_sigmask(SIG_BLOCK, &blocked, &before) == 0);
  caught = 0;
  pthread_t thread = send_later(&later);
  CHECK(sigsuspend(&before) == -1 && errno == EINTR && caught == SIGUSR1);
  CHECK(pthread_join(thread, NULL) == 0);
  struct signalfd_siginfo info;
  int fd = signalfd(-1, &blocked, 0);
  thread = send_later(&later);
  CHECK(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
  close(fd);
}

int main(void) { return blocking_main(call); }
