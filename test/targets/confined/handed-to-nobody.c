/* Calls that a filter of the program's own hands to a tracer, which it does not have, are not made:
 * also those that belay's filter hands over to belay. */
#include "../target.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum { UNTRACED = 0x00800000, UFFD_REGISTER = (int)0xc020aa00 };

#define HAND_OVER(nr)                            \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE)

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
    HAND_OVER(SYS_getppid),
    HAND_OVER(SYS_ioctl),
    HAND_OVER(SYS_ptrace),
    HAND_OVER(SYS_clone),
    HAND_OVER(SYS_madvise),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static int is_refused(long result) { return result == -1 && errno == ENOSYS; }

int main(void) {
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  point(NULL);
  CHECK(page != MAP_FAILED);
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
  CHECK(is_refused(syscall(SYS_getppid)));
  CHECK(is_refused(syscall(SYS_ioctl, -1, UFFD_REGISTER, page)));
  CHECK(is_refused(syscall(SYS_ioctl, -1, TIOCGWINSZ, page)));
  CHECK(is_refused(syscall(SYS_ptrace, PTRACE_ATTACH, getpid(), 0, 0)));
  CHECK(is_refused(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0)));
  CHECK(is_refused(syscall(SYS_clone, UNTRACED | SIGCHLD, 0, 0, 0, 0)));
  CHECK(is_refused(syscall(SYS_madvise, page, PAGE, MADV_GUARD_INSTALL)));
  return ok();
}
