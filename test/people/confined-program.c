/* Confines itself as it is told to on its input, a letter at a time, and answers each letter.
 *   s  strict mode     k  an allow-list that kills     e  one that answers EPERM
 *   t  begins a thread with an allow-list of its own, which kills */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(nr)                                       \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1),      \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int ends[2];

static int shut_in(unsigned answer) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(SYS_read),
      ALLOW(SYS_write),
      ALLOW(SYS_exit),
      BPF_STMT(BPF_RET | BPF_K, answer),
  };
  struct sock_fprog program = {sizeof code / sizeof code[0], code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 0;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void *work(void *unused) {
  char c = 't';
  if (!shut_in(SECCOMP_RET_KILL_PROCESS) || write(STDOUT_FILENO, &c, 1) != 1) _exit(2);
  while (read(ends[0], &c, 1) == 1) continue;
  return unused;
}

int main(void) {
  pthread_t worker;
  char c;
  if (pipe(ends) != 0) return 2;
  while (read(STDIN_FILENO, &c, 1) == 1) {
    if (c == 's' && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) c = '!';
    if (c == 'k' && !shut_in(SECCOMP_RET_KILL_PROCESS)) c = '!';
    if (c == 'e' && !shut_in(SECCOMP_RET_ERRNO | 1)) c = '!';
    if (c != 't' && write(STDOUT_FILENO, &c, 1) != 1) break;
    if (c == 't' && pthread_create(&worker, NULL, work, NULL) != 0) return 2;
  }
  syscall(SYS_exit, 7);
}
