/* belay: --every 1 */
/*
 * A child with threads is stopped, continued and ended, with points all the while: its parent sees
 * each change once, and a signal that comes with SIGCONT arrives.
 */
#include "../target.h"

#define ROUNDS 10

static void *doze(void *argument) {
  for (;;) sleep_ms(3);
  return argument;
}

static pid_t begin_child(void) {
  pid_t child = fork();
  // A group of its own, whose parent is in another: in an orphaned one SIGTSTP does nothing.
  if (child != 0) return setpgid(child, child) == 0 ? child : -1;
  pthread_t thread;
  for (int i = 0; i < 3; i++) CHECK(pthread_create(&thread, NULL, doze, NULL) == 0);
  doze(NULL);
  return 0;
}

static void stop(pid_t child, int signo) {
  int status;
  CHECK(kill(child, signo) == 0);
  CHECK(waitpid(child, &status, WUNTRACED | WCONTINUED) == child);
  CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == signo);
  sleep_ms(10);
  CHECK(waitpid(child, &status, WUNTRACED | WCONTINUED | WNOHANG) == 0);
}

int main(void) {
  CHECK(tforget(point(NULL)) == 0);
  for (int round = 0; round < ROUNDS; round++) {
    int status;
    pid_t child = begin_child();
    sleep_ms(15);
    stop(child, round % 2 == 0 ? SIGTSTP : SIGSTOP);
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, WUNTRACED | WCONTINUED) == child && WIFCONTINUED(status));
    sleep_ms(10);
    CHECK(waitpid(child, &status, WUNTRACED | WCONTINUED | WNOHANG) == 0);
    stop(child, SIGSTOP);
    CHECK(kill(child, SIGTERM) == 0 && kill(child, SIGCONT) == 0);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  }
  return ok();
}
