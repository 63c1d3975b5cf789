/* belay: --retries 2; exit 0 */
/* With every point tried in vain the program's own handler runs, as if belay were not there. */
#include "../target.h"

static int goes;
static int *nowhere = (int *)8;

static void handler(int signo, siginfo_t *info, void *context) {
  (void)context;
  if (signo != SIGSEGV || info->si_addr != nowhere || info->si_code != SEGV_MAPERR) _exit(9);
  if (goes != 3) fail("%d goes", goes);
  _exit(ok());
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, NULL);
  keep(&goes, sizeof goes);
  point(NULL);
  goes++;
  fall();
  fail("went on after a fall");
}
