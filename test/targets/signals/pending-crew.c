/* What waits for one thread alone waits for it again, and so does a fault that the program sent to
 * itself as a whole, however many threads it has. */
#include "../target.h"

static sigset_t all;
static pthread_barrier_t made, back;

static int take(int signo) {
  struct timespec none = {0, 0};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signo);
  return sigtimedwait(&set, NULL, &none);
}

static int waits(int signo) {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, signo);
}

static void *second(void *nothing) {
  CHECK(raise(SIGUSR2) == 0);
  pthread_barrier_wait(&made);
  pthread_barrier_wait(&back);
  CHECK(take(SIGUSR2) == SIGUSR2 && take(SIGUSR2) < 0);
  return nothing;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  sigfillset(&all);
  sigdelset(&all, SIGILL);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  pthread_barrier_init(&made, NULL, 2);
  pthread_barrier_init(&back, NULL, 2);
  CHECK(pthread_create(&thread, NULL, second, NULL) == 0);
  pthread_barrier_wait(&made);
  CHECK(kill(getpid(), SIGSEGV) == 0);
  point(&why);
  CHECK(waits(SIGSEGV) && !waits(SIGUSR2));
  if (why.rollbacks == 1) CHECK(take(SIGSEGV) == SIGSEGV && raise(SIGBUS) == 0);
  if (why.rollbacks < 3) __builtin_trap();
  CHECK(!waits(SIGBUS));
  pthread_barrier_wait(&back);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(take(SIGSEGV) == SIGSEGV && take(SIGSEGV) < 0);
  return ok();
}
