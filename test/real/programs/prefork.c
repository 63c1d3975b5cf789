/* A server of processes: a master, workers, and a worker's worker, which all run before anybody
 * comes. `WORKER LETTER` on its input is handed to that worker, which answers on the output:
 *   p  its pid     j  tsetjmp     f  makes a point, ruins a variable, falls
 *   t  is traced by its parent    s  strict seccomp   k  an allow-list of seccomp
 *   d  is not dumpable any more   v  vfork, out of which it comes with the next letter
 *   a  nothing
 *   x  becomes the program of the argument     e  ends, without its child */
#define _GNU_SOURCE
#include <belay.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 4
#define ALLOW(nr)                                  \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int ends[WORKERS][2];
static const char *helper;

static void answer(int worker, const char *what, long number) {
  char line[64];
  int size = snprintf(line, sizeof line, "%d %s %ld\n", worker, what, number);
  if (write(STDOUT_FILENO, line, (size_t)size) != size) _exit(3);
}

static void shut_in(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(SYS_read),
      ALLOW(SYS_write),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  struct sock_fprog program = {sizeof code / sizeof code[0], code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void fall(int worker) {
  static volatile int precious;
  struct tjmp why = {0};
  precious = 1;
  int cd = tsetjmp(&why);
  if (cd < 0) {
    answer(worker, "errno", errno);
    return;
  }
  if (why.cause == TJMP_SIGNAL) {
    answer(worker, "back", precious);
    return;
  }
  precious = 2;
  *(volatile int *)8 = 1;
}

static void obey(int worker, char letter) {
  char c;
  if (letter == 'j') {
    int cd = tsetjmp(NULL);
    answer(worker, cd < 0 ? "errno" : "point", cd < 0 ? errno : cd);
    return;
  }
  if (letter == 'f') {
    fall(worker);
    return;
  }
  if (letter == 't') ptrace(PTRACE_TRACEME, 0, 0, 0);
  if (letter == 's') prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  if (letter == 'k') shut_in();
  if (letter == 'd') prctl(PR_SET_DUMPABLE, 0);
  if (letter == 'v') {
    answer(worker, "in", 0);
    pid_t child = vfork();
    if (child == 0) {
      if (read(ends[worker][0], &c, 1) == 1) _exit(0);
      _exit(1);
    }
    waitpid(child, NULL, 0);
  }
  answer(worker, "did", letter == 'p' ? getpid() : 0);
  if (letter == 'e') _exit(0);
  if (letter == 'x') execl(helper, helper, "1000", (char *)NULL);
}

static void work(int worker) {
  char letter;
  if (worker == WORKERS - 2 && fork() == 0) worker += 1;
  /* Only the master can write: with it all of them end. */
  for (int other = 0; other < WORKERS; other++) close(ends[other][1]);
  while (read(ends[worker][0], &letter, 1) == 1) obey(worker, letter);
  _exit(0);
}

int main(int count, char **arguments) {
  char line[8];
  helper = count > 1 ? arguments[1] : "/bin/sleep";
  for (int worker = 0; worker < WORKERS; worker++) {
    if (pipe(ends[worker]) != 0) return 2;
  }
  for (int worker = 0; worker < WORKERS - 1; worker++) {
    if (fork() == 0) work(worker);
  }
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (write(ends[line[0] - '0'][1], line + 2, 1) != 1) return 3;
  }
  return 0;
}
