/* belay: --every 5 */
/* waitpid and waitid wait for the child's end. */
#include "blocking.h"

static void call(long ms) {
  int status = 0;
  siginfo_t info;
  pid_t child = fork();
  if (child == 0) {
    struct timespec span = span_of(ms);
    _exit(nanosleep(&span, NULL) == 0 ? 7 : 8);
  }
  CHECK(child > 0);
  CHECK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0 && info.si_status == 7);
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

int main(void) { return blocking_main(call); }
