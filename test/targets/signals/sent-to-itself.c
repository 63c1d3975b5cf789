/* What the program sent itself since the point, and had blocked, neither waits nor comes after
 * going back: to the process, to threads, with values. What another one sent it since comes. */
#include "../target.h"

#include <semaphore.h>

static struct {
  volatile int own, others;
} came; /* kept: what came is not forgotten */
static sem_t asked, done;
static sigset_t all;
static volatile int is_back;

static void on_own(int signo) {
  (void)signo;
  came.own += 1;
}

static void on_others(int signo) {
  (void)signo;
  came.others += 1;
}

static void *stand_by(void *argument) {
  CHECK(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
  sem_post(&done);
  while (sem_wait(&asked) != 0) continue;
  if (!is_back) {
    CHECK(raise(SIGUSR1) == 0 && kill(getpid(), SIGHUP) == 0);
    sem_post(&done);
    while (sem_wait(&asked) != 0) continue;
  }
  sigset_t waiting;
  CHECK(sigpending(&waiting) == 0 && !sigismember(&waiting, SIGUSR1));
  CHECK(pthread_sigmask(SIG_UNBLOCK, &all, NULL) == 0);
  return argument;
}

static void send_by_a_child(void) {
  pid_t child = fork();
  if (child == 0) _exit(kill(getppid(), SIGUSR2) != 0);
  int status = 1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

int main(void) {
  pthread_t thread;
  struct tjmp why;
  for (int signo = SIGRTMIN; signo <= SIGRTMIN + 1; signo++)
    CHECK(signal(signo, on_own) != SIG_ERR);
  CHECK(signal(SIGUSR1, on_own) != SIG_ERR && signal(SIGHUP, on_own) != SIG_ERR);
  CHECK(signal(SIGUSR2, on_others) != SIG_ERR);
  sigfillset(&all);
  CHECK(sem_init(&asked, 0, 0) == 0 && sem_init(&done, 0, 0) == 0);
  CHECK(pthread_create(&thread, NULL, stand_by, NULL) == 0);
  while (sem_wait(&done) != 0) continue;
  keep((void *)&came, sizeof came);
  point(&why);
  if (why.rollbacks < 2) {
    sigset_t blocked = all;
    sigdelset(&blocked, SIGSEGV);
    CHECK(pthread_sigmask(SIG_SETMASK, &blocked, NULL) == 0);
    CHECK(raise(SIGUSR1) == 0 && kill(getpid(), SIGHUP) == 0);
    for (int value = 0; value < 3; value++) {
      CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = value}) == 0);
      CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN + 1, (union sigval){0}) == 0);
    }
    sem_post(&asked);
    while (sem_wait(&done) != 0) continue;
    if (why.rollbacks == 1) send_by_a_child();
    fall();
  }
  is_back = 1;
  sem_post(&asked);
  CHECK(pthread_join(thread, NULL) == 0);
  if (came.own != 0) fail("%d of its own came", came.own);
  CHECK(came.others == 1 && why.lost == 0);
  return ok();
}
