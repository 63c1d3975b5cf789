/* Signals: what is to be done about them, masks, those that wait and are taken. None of those that
 * the target itself lives by (falls, workers' release) is touched here. */
#include "calls.h"

/* Sent to the process, and blocked by every thread: they wait. */
static const int waiting[] = {SIGHUP, SIGVTALRM, SIGPROF, SIGIO, 36, 37};
/* Sent to the thread itself, which may have them open; their action is never the default. */
static const int open_ones[] = {40, 41, 42, 43, 44};
/* What is done about these may be anything: nobody sends them. */
static const int unsent[] = {SIGINT, SIGTERM, SIGURG, SIGWINCH, SIGXFSZ, SIGSTKFLT, 50, 51};
enum { WAITING = 6, OPEN_ONES = 5, UNSENT = 8, RESTORER = 0x4000000 };

u64 handled_signals; /* how many came; goes back with the rest of memory */

static void on_signal(int signo) { __atomic_add_fetch(&handled_signals, (u64)signo, 5); }
static void on_signal_with_info(int signo, void *info, void *context) {
  (void)info, (void)context;
  __atomic_add_fetch(&handled_signals, (u64)signo << 32, 5);
}
__asm__(".pushsection .text\nown_restorer: mov $15, %eax\nsyscall\n.popsection\n");
extern const char own_restorer[];

static u64 bit(int signo) { return 1UL << (signo - 1); }

static long set_action(struct caller *c, int signo, int may_be_default) {
  static const u64 flags[] = {0, SA_RESTART, SA_NODEFER, SA_ONSTACK, SA_RESTART | SA_ONSTACK};
  u64 action[4] = {0, RESTORER | flags[pick(c, 5)], (u64)own_restorer, draw(&c->draws)};
  action[3] &= bit(40) | bit(41) | bit(50) | bit(SIGWINCH);
  switch (pick(c, may_be_default ? 4 : 3)) {
  case 0: action[0] = (u64)on_signal; break;
  case 1: action[0] = (u64)on_signal_with_info, action[1] |= SA_SIGINFO; break;
  case 2: action[0] = 1; break;
  default: break;
  }
  return sys4(SYS_rt_sigaction, signo, action, 0, 8);
}

static long change_action(struct caller *c) {
  if (one_in(c, 2)) return set_action(c, unsent[pick(c, UNSENT)], 1);
  if (one_in(c, 2)) return set_action(c, open_ones[pick(c, OPEN_ONES)], 0);
  return set_action(c, waiting[pick(c, WAITING)], 1);
}

static long change_mask(struct caller *c) {
  u64 mask = draw(&c->draws) & (bit(40) | bit(41) | bit(42) | bit(43) | bit(44) | bit(50));
  mask |= draw(&c->draws) & (bit(SIGURG) | bit(SIGWINCH) | bit(SIGINT));
  return sys4(SYS_rt_sigprocmask, pick(c, 2), &mask, 0, 8); /* SIG_BLOCK, SIG_UNBLOCK */
}

static long send_one(struct caller *c) {
  int signo = one_in(c, 2) ? open_ones[pick(c, OPEN_ONES)] : 0;
  long tid = sys1(SYS_gettid, 0);
  siginfo_t info = {.si_code = SI_QUEUE};
  if (!signo && one_in(c, 2)) return sys2(SYS_kill, own_pid, waiting[pick(c, WAITING)]);
  if (signo && one_in(c, 2)) return sys3(SYS_tgkill, own_pid, tid, signo);
  info.si_signo = signo ? signo : waiting[pick(c, WAITING)];
  info.si_pid = (int)own_pid;
  info.si_value.sival_ptr = (void *)draw(&c->draws);
  if (!signo) return sys3(SYS_rt_sigqueueinfo, own_pid, info.si_signo, &info);
  return sys4(SYS_rt_tgsigqueueinfo, own_pid, tid, signo, &info);
}

static long take_one(struct caller *c) {
  u8 info[128];
  u64 none[2] = {0, 0}, set = 0;
  for (int i = 0; i < WAITING; i++) set |= one_in(c, 2) ? bit(waiting[i]) : 0;
  for (int i = 0; i < OPEN_ONES; i++) set |= one_in(c, 2) ? bit(open_ones[i]) : 0;
  return sys4(SYS_rt_sigtimedwait, &set, info, none, 8);
}

void signals_start(struct draws *d) {
  struct caller c = {0};
  u64 blocked = waiting_signals();
  draw_seed(&c.draws, draw(d));
  for (int i = 0; i < OPEN_ONES; i++) set_action(&c, open_ones[i], 0);
  u64 ignored[4] = {1, RESTORER, (u64)own_restorer, 0};
  sys4(SYS_rt_sigprocmask, SIG_BLOCK, &blocked, 0, 8);
  sys4(SYS_rt_sigaction, SIGPIPE, ignored, 0, 8); /* what is hung up is written to */
}

/* Blocked by every thread of a life with random calls, whatever else its mask is. */
u64 waiting_signals(void) {
  u64 all = 0;
  for (int i = 0; (ways & CALLS) && i < WAITING; i++) all |= bit(waiting[i]);
  return all;
}

void report_signals(void) {
  for (int signo = 1; signo <= 64; signo++) {
    u64 action[4];
    if (sys4(SYS_rt_sigaction, signo, 0, action, 8)) continue;
    if (action[0] > 1) report_line("action", (u64)signo, action, 4);
    else if (action[0] || action[1] || action[3]) report_line("no-handler", (u64)signo, action, 4);
  }
}

const struct row signal_rows[] = {
  {"sigaction", 6, change_action},
  {"sigprocmask", 5, change_mask},
  {"send", 6, send_one},
  {"sigtimedwait", 4, take_one},
  {0},
};
