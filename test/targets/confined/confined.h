/* Allow-lists, and whether belay may suspend them: with the privilege that the kernel asks for. */
#ifndef CONFINED_H
#define CONFINED_H

#include "../maps.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

/* What an allow-list answers to all other calls; the program allows itself belay's. */
UNUSED static unsigned answer_named(const char *name) {
  if (strcmp(name, "errno") == 0) return SECCOMP_RET_ERRNO | EPERM;
  if (strcmp(name, "trap") == 0) return SECCOMP_RET_TRAP;
  if (strcmp(name, "thread") == 0) return SECCOMP_RET_KILL_THREAD;
  return SECCOMP_RET_KILL_PROCESS;
}

UNUSED static void shut_in(const int *allowed, size_t count, unsigned answer) {
  struct sock_filter code[64];
  size_t length = 0;
  CHECK(2 * count + 2 <= sizeof code / sizeof *code);
  code[length++] =
      (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (size_t index = 0; index < count; index++) {
    code[length++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[index], 0, 1);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer);
  struct sock_fprog program = {(unsigned short)length, code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* The supervisor has what we have: CAP_SYS_ADMIN, or not. */
UNUSED static int may_suspend(void) {
  unsigned long long effective = 0;
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  CHECK(status != NULL);
  while (fgets(line, sizeof line, status) != NULL) sscanf(line, "CapEff: %llx", &effective);
  CHECK(fclose(status) == 0);
  return (int)(effective >> 21 & 1);
}

#endif
