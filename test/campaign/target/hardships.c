/* Falls in hard times: limits lowered and privilege dropped since the point. The rollback may be
 * refused; then the program goes on, to its own handler, with nothing touched, and once its limits
 * and rights are back it can fall as ever. */
#include "campaign.h"

#include <stddef.h>

enum { LIMIT_DATA = 2, LIMIT_STACK = 3, LIMIT_NOFILE = 7, LIMIT_AS = 9, NOBODY = 65534 };
enum { FRAMES_SIZE = 65536, NO_SIGNO = 0, ALL_SIGNALS = 7 };

static const struct {
  u32 bit;
  int limit;
} lowered[] = {{HARD_FILES, LIMIT_NOFILE}, {HARD_SPACE, LIMIT_AS},
               {HARD_DATA, LIMIT_DATA}, {HARD_STACK, LIMIT_STACK}};

struct limit {
  u64 soft, hard;
};
static struct limit own[4];
static u64 own_user;
static u64 jump_to, jump_value;

void hardships_start(void) {
  for (int i = 0; i < 4; i++) sys4(SYS_prlimit64, 0, lowered[i].limit, 0, &own[i]);
  own_user = (u64)sys1(SYS_geteuid, 0);
}

/* Limits and rights are the kernel's, and no rollback puts them back: the program does. */
void hardships_end(void) {
  for (int i = 0; i < 4; i++) sys4(SYS_prlimit64, 0, lowered[i].limit, &own[i], 0);
  sys3(SYS_setresuid, -1, own_user, -1);
}

static u64 mapped_size(void) {
  char text[64];
  u64 pages = 0;
  long fd = sys2(SYS_open, "/proc/self/statm", O_RDONLY), got = sys3(SYS_read, fd, text, 64);
  for (long i = 0; i < got && text[i] >= '0' && text[i] <= '9'; i++)
    pages = pages * 10 + (u64)(text[i] - '0');
  sys1(SYS_close, fd);
  return pages * PAGE;
}

static void hardships_begin(struct draws *d, u64 hardships) {
  u64 size = mapped_size();
  for (int i = 0; i < 4; i++) {
    u64 soft = lowered[i].limit == LIMIT_NOFILE ? 1 + draw_below(d, 40) : draw_below(d, 64) * PAGE;
    if (lowered[i].limit != LIMIT_NOFILE && draw_below(d, 2)) soft += size;
    struct limit low = {soft < own[i].hard ? soft : own[i].hard, own[i].hard};
    if (hardships & lowered[i].bit) sys4(SYS_prlimit64, 0, lowered[i].limit, &low, 0);
  }
  if (hardships & HARD_RIGHTS) sys3(SYS_setresuid, -1, NOBODY, -1);
}

/* Stands still, to be read, until told to go on. Touches nothing but the stack below. */
static void hold(u32 type, u64 a, u64 b) {
  struct command go;
  tell(type, a, b, 0, 0, 0, 0);
  if (ways & STOPS) sys3(SYS_tgkill, sys1(SYS_getpid, 0), sys1(SYS_gettid, 0), SIGSTOP);
  if (sys3(SYS_read, 0, &go, sizeof go) != sizeof go) sys1(SYS_exit_group, 3);
}

static _Noreturn void fall_once(int signo) {
  if (jump_to) {
    tell(REC_FALL, 200, 0, (u64)-1, 0, 0, 0);
    long result = sys2(SYS_TLONGJMP, jump_to, jump_value);
    hold(REC_REFUSED, (u64)result, 0);
    hardships_end();
    tell(REC_FALL, 200, 0, (u64)-1, 0, 0, 0);
    sys2(SYS_TLONGJMP, jump_to, jump_value);
  } else {
    fall_plainly(signo);
  }
  tell(REC_BAD, 0, 0, 61, 0, 0, 0);
  sys1(SYS_exit_group, 93);
  __builtin_unreachable();
}

static void on_refusal(int signo) {
  hold(REC_REFUSED, 0, (u64)signo);
  hardships_end();
  fall_plainly(signo);
  tell(REC_BAD, 0, 0, 61, (u64)signo, 0, 0);
  sys1(SYS_exit_group, 93);
}

/* Its own handlers: whatever damage there was, they are in place, and the signals come. */
static void install_handlers(void) {
  static const int signals[ALL_SIGNALS] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                                           SIGABRT, SIGTRAP, SIGSYS};
  u64 mask = waiting_signals();
  u64 action[4] = {(u64)on_refusal, 0x44000000, 0, 0}; /* SA_NODEFER, SA_RESTORER */
  for (int i = 0; i < ALL_SIGNALS; i++) sys4(SYS_rt_sigaction, signals[i], action, 0, 8);
  sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
}

static __attribute__((noinline)) void make_room(void) {
  volatile u8 room[FRAMES_SIZE];
  for (u64 at = 0; at < FRAMES_SIZE; at += PAGE) room[at] = 1;
  room[FRAMES_SIZE - 1] = room[0];
}

_Noreturn __attribute__((noinline)) void hard_fall(struct draws *d, const struct command *c) {
  static const int signals[] = {SIGSEGV, SIGSEGV, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
  int signo = signals[draw_below(d, 6)];
  u64 top = (u64)__builtin_frame_address(0) + 16;
  jump_to = c->cd;
  jump_value = c->op;
  calls_before_fall(d);
  do_damage(d, c->damage);
  if (ways & CALLS) calls_wait();
  install_handlers();
  make_room();
  hardships_begin(d, c->hardships);
  hold(REC_HELD, top - FRAMES_SIZE, top);
  fall_once(signo);
}
