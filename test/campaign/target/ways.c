/* What some lives have beside points and falls: a sandbox of their own, children that stop and go
 * on, storms of vfork. All by bare system calls. */
#include "campaign.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/wait.h>

enum { STORMS = 2, STORM_STACK = 16 * PAGE, FORKS_MAX = 6, NAP_NS = 300000 };

/* All that a life needs, belay's own calls among them. */
static const u32 allowed[] = {
  SYS_read, SYS_write, SYS_open, SYS_openat, SYS_close, SYS_fstat, SYS_newfstatat, SYS_mmap,
  SYS_mprotect, SYS_munmap, SYS_brk, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
  SYS_pread64, SYS_pipe, SYS_pipe2, SYS_select, SYS_madvise, SYS_mremap, SYS_dup, SYS_pause,
  SYS_nanosleep, SYS_getpid, SYS_socketpair, SYS_clone, SYS_clone3, SYS_fork, SYS_vfork, SYS_exit,
  SYS_exit_group, SYS_wait4, SYS_kill, SYS_tgkill, SYS_lseek, SYS_futex, SYS_arch_prctl,
  SYS_prctl, SYS_gettid, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_sigaltstack,
  SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_wait, SYS_poll, SYS_ppoll, SYS_clock_nanosleep,
  SYS_clock_gettime, SYS_recvfrom, SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_restart_syscall,
  SYS_prlimit64, SYS_setresuid, SYS_geteuid, SYS_getppid, SYS_process_vm_writev, SYS_mlock,
  SYS_munlock, SYS_set_tid_address, SYS_getrandom, SYS_TSETJMP, SYS_TLONGJMP, SYS_TFORGET,
};
enum { ALLOWED = sizeof allowed / sizeof *allowed };

/* No other call is made in a lawful life: errno, SIGSYS or death would tell. */
void sandbox_enter(struct draws *d) {
  static const u32 verdicts[] = {SECCOMP_RET_ERRNO | 1, SECCOMP_RET_TRAP, SECCOMP_RET_KILL_PROCESS};
  struct sock_filter code[ALLOWED + 3];
  struct sock_fprog program = {ALLOWED + 3, code};
  code[0] = (struct sock_filter){BPF_LD | BPF_W | BPF_ABS, 0, 0, 0};
  for (u32 i = 0; i < ALLOWED; i++)
    code[1 + i] = (struct sock_filter){BPF_JMP | BPF_JEQ | BPF_K, (u8)(ALLOWED - i), 0, allowed[i]};
  code[ALLOWED + 1] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, verdicts[draw_below(d, 3)]};
  code[ALLOWED + 2] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  if (!(ways & CONFINED)) return;
  sys4(SYS_prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0);
  if (sys3(SYS_prctl, 22 /* PR_SET_SECCOMP */, SECCOMP_MODE_FILTER, &program))
    sys1(SYS_exit_group, 96);
}

static void expect(u64 what, long got, long wanted) {
  if (got != wanted) tell(REC_BAD, 0, what, 64, (u64)wanted, (u64)got, 0);
}

/* A child stops itself, is told to go on, and is ended: each is reported once, in this order. */
void job_control(void) {
  int status = 0;
  long child = sys1(SYS_fork, 0);
  if (child == 0) {
    sys2(SYS_kill, sys1(SYS_getpid, 0), SIGSTOP);
    for (;;) sys1(SYS_pause, 0);
  }
  expect(1, sys4(SYS_wait4, child, &status, WUNTRACED, 0), child);
  expect(2, status, SIGSTOP << 8 | 0x7f);
  sys2(SYS_kill, child, SIGCONT);
  expect(3, sys4(SYS_wait4, child, &status, WCONTINUED, 0), child);
  expect(4, status, 0xffff);
  sys2(SYS_kill, child, SIGKILL);
  expect(5, sys4(SYS_wait4, child, &status, 0, 0), child);
  expect(6, status, SIGKILL);
}

static u32 storm_turn;

static void storm(void *argument) {
  u64 nap[2] = {0, NAP_NS};
  struct draws *d = argument;
  for (u32 turn = 0;; turn++) {
    while (__atomic_load_n(&storm_turn, __ATOMIC_SEQ_CST) == turn)
      sys4(SYS_futex, &storm_turn, FUTEX_WAIT_PRIVATE, turn, 0);
    for (u64 forks = draw_below(d, FORKS_MAX); forks--;) {
      u64 sleeps = draw_below(d, 2);
      long child = sys1(SYS_vfork, 0);
      if (child == 0) {
        if (sleeps) sys2(SYS_nanosleep, nap, 0);
        sys1(SYS_exit, 0);
      }
      if (child > 0) sys4(SYS_wait4, child, 0, 0, 0);
    }
  }
}

/* Each thread has a stack that is not compared: the pids of its children are on it. */
void storms_start(struct draws *d) {
  for (int i = 0; (ways & STORMY) && i < STORMS; i++) {
    long at = sys6(SYS_mmap, 0, STORM_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   (u64)-1, 0);
    struct draws *own = (struct draws *)at;
    draw_seed(own, draw(d));
    long tid = spawn_bare((u64)at + STORM_STACK - 64, storm, own);
    if (at < 0 || tid <= 0) sys1(SYS_exit_group, 97);
    tell(REC_STORM, (u64)tid, (u64)at, (u64)at + STORM_STACK, 0, 0, 0);
  }
}

/* Lets them blow while a command is obeyed. */
void storms_blow(void) {
  if (!(ways & STORMY)) return;
  __atomic_add_fetch(&storm_turn, 1, __ATOMIC_SEQ_CST);
  sys3(SYS_futex, &storm_turn, FUTEX_WAKE_PRIVATE, STORMS);
}

/* What /proc/PID/maps does not show of a mapping, or shows only as a name. */
long attribute_change(struct draws *d, u64 at, u64 size) {
  static const int advice[] = {10, 11, 16, 17, 18, 19, 14, 15, 102, 102, 103};
  u64 how = draw_below(d, 14);
  if (how == 11) return sys2(SYS_mlock, at, size);
  if (how == 12) return sys2(SYS_munlock, at, size);
  if (how == 13) return sys6(SYS_prctl, 0x53564d41, 0, at, size, (u64)"campaign", 0);
  return sys3(SYS_madvise, at, size, advice[how]);
}
