/* belay: --on SEGV --retries 1000; argument caught blocked ignored waits default */
/* A rollback has the program make calls, and is told of them by SIGTRAP. What the program does with
 * that signal stays as it was: its handler, its mask, that it is ignored, that it waits. */
#include "../target.h"
#include <signal.h>

enum { ROUNDS = 60 };

static volatile int taken;

static void take(int signo) {
  (void)signo;
  taken++;
}

static void prepare(const char *how) {
  struct sigaction action = {.sa_handler = take};
  sigset_t trap;
  sigemptyset(&trap);
  sigaddset(&trap, SIGTRAP);
  if (strcmp(how, "ignored") == 0) action.sa_handler = SIG_IGN;
  if (strcmp(how, "default") == 0) action.sa_handler = SIG_DFL;
  CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
  int is_blocked = strcmp(how, "blocked") == 0 || strcmp(how, "waits") == 0;
  if (is_blocked) CHECK(sigprocmask(SIG_BLOCK, &trap, NULL) == 0);
  if (strcmp(how, "waits") == 0) CHECK(raise(SIGTRAP) == 0);
}

/* What of the signal there is: its handler, whether it is blocked, and whether it waits. */
static void look(void (**handler)(int), int *is_blocked, int *waits) {
  struct sigaction action;
  sigset_t set;
  CHECK(sigaction(SIGTRAP, NULL, &action) == 0);
  *handler = action.sa_handler;
  CHECK(sigprocmask(SIG_BLOCK, NULL, &set) == 0);
  *is_blocked = sigismember(&set, SIGTRAP);
  CHECK(sigpending(&set) == 0);
  *waits = sigismember(&set, SIGTRAP);
}

int main(int argc, char **argv) {
  struct tjmp why;
  void (*handler_then)(int), (*handler_now)(int);
  int was_blocked, is_blocked, waited, waits;
  CHECK(argc == 2);
  prepare(argv[1]);
  look(&handler_then, &was_blocked, &waited);
  point(&why);
  look(&handler_now, &is_blocked, &waits);
  if (handler_now != handler_then) fail("another handler in round %d", (int)why.rollbacks);
  if (is_blocked != was_blocked) fail("another mask in round %d", (int)why.rollbacks);
  if (waits != waited) fail("it %s in round %d", waits ? "waits" : "is lost", (int)why.rollbacks);
  CHECK(taken == 0);
  if (why.rollbacks < ROUNDS) *(volatile int *)8 = 1;
  sigset_t none;
  sigemptyset(&none);
  int is_caught = handler_now == take;
  if (is_caught && !waits) CHECK(raise(SIGTRAP) == 0);
  CHECK(sigprocmask(SIG_SETMASK, &none, NULL) == 0);
  CHECK(taken == is_caught);
  return ok();
}
