/* The alternate stacks of threads that live on are those of the point: changed, removed and set up
 * since; also when the fall comes from a handler that runs on one. */
#include "../target.h"

static volatile int stage;
static char *stacks[3];

static void use(int number) {
  stack_t stack = {.ss_sp = stacks[number], .ss_size = 64 * 1024};
  if (number < 0) stack = (stack_t){.ss_flags = SS_DISABLE};
  CHECK(sigaltstack(&stack, NULL) == 0);
}

static int current(void) {
  stack_t found;
  CHECK(sigaltstack(NULL, &found) == 0);
  if ((found.ss_flags & SS_DISABLE) != 0) return -1;
  for (int number = 0; number < 3; number++) {
    if (found.ss_sp == stacks[number]) return number;
  }
  return 3;
}

static void handler(int signo) {
  if (signo == SIGUSR1) fall();
}

static void *live(void *argument) {
  use(1);
  stage = 1;
  while (stage == 1) sleep_ms(2);
  if (stage == 2) {
    use(-1);
    stage = 3;
    for (;;) pause();
  }
  CHECK(current() == 1);
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  for (int number = 0; number < 3; number++) stacks[number] = anonymous(64 * 1024);
  CHECK(pthread_create(&thread, NULL, live, NULL) == 0);
  while (stage == 0) sleep_ms(1);
  use(2);
  point(&why);
  use(0);
  point(&why);
  if (why.rollbacks < 2) {
    stage = 2;
    while (stage == 2) sleep_ms(1);
    use(2);
    if (why.rollbacks == 0) fall();
    CHECK(raise(SIGUSR1) == 0);
  }
  CHECK(current() == 0 && why.lost == 0);
  stage = 4;
  CHECK(pthread_join(thread, NULL) == 0);
  return ok();
}
