/* belay: argument 0 1 2 3
 * A handler or alternate stack that was changed just before a point that is made in quick
 * succession, and back after it, comes back, or `lost` says that it may not have. */
#include "../target.h"

static char stacks[2][64 * 1024];

static void first(int signo) {
  (void)signo;
}

static void second(int signo) {
  (void)signo;
}

static void handle_by(void (*handler)(int), int signo) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  CHECK(sigaction(signo, &action, NULL) == 0);
}

static void use(int number) {
  stack_t stack = {.ss_sp = stacks[number], .ss_size = sizeof stacks[number]};
  CHECK(sigaltstack(&stack, NULL) == 0);
}

/* 0: a handler; 1: the stack. */
static void change(int kind, int to) {
  if (kind == 0) handle_by(to == 0 ? first : second, SIGUSR1);
  else use(to);
}

static int is_second(int kind) {
  struct sigaction action;
  stack_t stack;
  CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && sigaltstack(NULL, &stack) == 0);
  return kind == 0 ? action.sa_handler == second : stack.ss_sp == (void *)stacks[1];
}

int main(int count, char **arguments) {
  struct tjmp why;
  int number = count > 1 ? atoi(arguments[1]) : 0;
  int kind = number & 1;
  /* Without any handler before, the stack is first of use just before the point. */
  if (number < 2) handle_by(first, SIGUSR1);
  use(0);
  for (int round = 0; round < 200; round++) CHECK(tforget(point(NULL)) == 0);
  if (number >= 2) handle_by(first, SIGUSR1);
  change(kind, 1);
  point(&why);
  if (why.rollbacks == 0) {
    change(kind, 0);
    fall();
  }
  CHECK(is_second(kind) || (why.lost & TJMP_LOST_SIGNALS) != 0);
  return ok();
}
