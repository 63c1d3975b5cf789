/* In vfork, with a child that neither execs nor ends until it is given a byte on its input. */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

int main(void) {
  int status = 0;
  pid_t child = vfork();
  if (child == 0) {
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (write(1, "in vfork\n", 9) != 9) _exit(8);
    _exit(read(0, &byte, 1) == 1 ? 7 : 9);
  }
  if (waitpid(child, &status, 0) != child) return 1;
  printf("child %d\n", WEXITSTATUS(status));
  return 0;
}
