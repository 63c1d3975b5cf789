/* A thread that ended comes back with its signal mask, alternate stack and pending work. */
#include "../target.h"

static volatile int stage, handled;
static char *alternate;
static void handler(int signo) {
  char here;
  handled = signo == SIGUSR2 && &here >= alternate && &here < alternate + 64 * 1024;
}

static void *live(void *argument) {
  sigset_t set, current;
  stack_t stack = {0}, found;
  stack.ss_sp = alternate;
  stack.ss_size = 64 * 1024;
  CHECK(sigaltstack(&stack, NULL) == 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 5);
  CHECK(pthread_sigmask(SIG_SETMASK, &set, NULL) == 0);
  stage = 1;
  while (stage == 1) sleep_ms(5);
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &current) == 0);
  CHECK(memcmp(&current, &set, 8) == 0);
  CHECK(sigaltstack(NULL, &found) == 0 && found.ss_sp == alternate && found.ss_flags == 0);
  CHECK(pthread_kill(pthread_self(), SIGUSR2) == 0 && handled == 1);
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  void *result = NULL;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR2, &action, NULL);
  alternate = (char *)anonymous(64 * 1024);
  CHECK(pthread_create(&thread, NULL, live, (void *)&stage) == 0);
  while (stage == 0) sleep_ms(1);
  CHECK(point(&why) == 1);
  CHECK(stage == 1 && handled == 0);
  stage = 2;
  CHECK(pthread_join(thread, &result) == 0 && result == &stage && handled == 1);
  if (why.rollbacks < 2) fall();
  return ok();
}
