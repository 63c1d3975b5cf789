/* The ways to fall, each announced with the signal and the fault address that must be reported. */
#include "campaign.h"

#include <stdlib.h>

enum { FALL_NULL, FALL_WILD, FALL_NOWHERE_MAPPED, FALL_READ_ONLY, FALL_UD2, FALL_INT3,
       FALL_DIVIDE, FALL_ABORT, FALL_LIBC_ABORT, FALL_JUMP, FALL_BUS, FALL_DEEP, FALLS };

#define ANY_ADDRESS ((u64)-1)

static void announce(u64 how, int signo, u64 address) {
  tell(REC_FALL, how, (u64)signo, address, 0, 0, 0);
}

static __attribute__((noinline)) u64 too_deep(u64 depth) {
  volatile u64 room[64];
  room[depth & 63] = depth;
  if (room[depth & 63] != depth) return depth;
  return too_deep(depth + 1) + room[depth & 63];
}

static void divide_by(u32 divisor) {
  __asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; div %0" : : "r"(divisor) : "rax", "rdx");
}

static void abort_by(int libc) {
  u64 mask = waiting_signals();
  sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
  if (libc) abort();
  sys3(SYS_tgkill, sys1(SYS_getpid, 0), sys1(SYS_gettid, 0), SIGABRT);
}

static void beyond_the_file(struct draws *d) {
  u64 size = data_size + 4 * PAGE;
  long at = sys6(SYS_mmap, 0, size, PROT_READ, MAP_PRIVATE, (u64)data_fd, 0);
  u64 address = (u64)at + data_size + draw_below(d, 4 * PAGE);
  announce(FALL_BUS, SIGBUS, address);
  *(volatile u8 *)address;
}

static void fall_on_address(u64 how, struct draws *d) {
  static const u64 constant = 1;
  u64 address = draw_below(d, 4000);
  if (how == FALL_WILD) address = 0x8000000000000000 | draw(d) >> 1;
  if (how == FALL_NOWHERE_MAPPED) address = 0x10000000000 + draw_below(d, 0x10000000000);
  if (how == FALL_READ_ONLY) address = (u64)&constant;
  if (how == FALL_WILD) address &= ~(0x7fUL << 56); /* not canonical */
  announce(how, SIGSEGV, how == FALL_WILD ? 0 : address);
  if (how == FALL_JUMP) ((void (*)(void))address)();
  if (how == FALL_NULL && draw_below(d, 2)) (void)*(volatile u8 *)address;
  *(volatile u8 *)address = (u8)how;
}

_Noreturn void fall_by_signal(struct draws *d, int from_born_thread) {
  u64 how = draw_below(d, FALLS);
  int deep_at_all = !from_born_thread && !draw_below(d, 16);
  if (how == FALL_DEEP && !deep_at_all) how = FALL_NULL;
  if (how == FALL_LIBC_ABORT && (!libc_usable || from_born_thread)) how = FALL_ABORT;
  switch (how) {
  case FALL_UD2: announce(how, SIGILL, ANY_ADDRESS); __asm__ volatile("ud2"); break;
  case FALL_INT3: announce(how, SIGTRAP, ANY_ADDRESS); __asm__ volatile("int3"); break;
  case FALL_DIVIDE: announce(how, SIGFPE, ANY_ADDRESS); divide_by(0); break;
  case FALL_ABORT:
  case FALL_LIBC_ABORT:
    announce(how, SIGABRT, ANY_ADDRESS);
    abort_by(how == FALL_LIBC_ABORT);
    break;
  case FALL_BUS: beyond_the_file(d); break;
  case FALL_DEEP: announce(how, SIGSEGV, ANY_ADDRESS); too_deep(0); break;
  default: fall_on_address(how, d);
  }
  tell(REC_BAD, 0, 0, 61, how, 0, 0); /* still standing */
  sys1(SYS_exit_group, 93);
  __builtin_unreachable();
}

/* By one signal, with nothing drawn: after a refusal it falls the same way again. */
void fall_plainly(int signo) {
  u64 how = signo == SIGILL ? FALL_UD2 : signo == SIGFPE ? FALL_DIVIDE : FALL_NULL;
  if (signo == SIGABRT) how = FALL_ABORT;
  if (signo == SIGTRAP) how = FALL_INT3;
  announce(how, how == FALL_NULL ? SIGSEGV : signo, how == FALL_NULL ? 8 : ANY_ADDRESS);
  switch (how) {
  case FALL_UD2: __asm__ volatile("ud2"); break;
  case FALL_INT3: __asm__ volatile("int3"); break;
  case FALL_DIVIDE: divide_by(0); break;
  case FALL_ABORT: abort_by(0); break;
  default: __asm__ volatile("movb $1, 8");
  }
}

static void born_to_fall(void *argument) { fall_by_signal(argument, 1); }

/* Damage within what the command allows, then the fall. */
_Noreturn void fall(struct draws *d, const struct command *c) {
  if (c->hardships) hard_fall(d, c);
  calls_before_fall(d);
  do_damage(d, c->damage);
  if (c->cd) {
    announce(200, 0, ANY_ADDRESS);
    long result = sys2(SYS_TLONGJMP, c->cd, c->op);
    tell(REC_BAD, 0, 0, 62, c->cd, (u64)result, 0);
    sys1(SYS_exit_group, 94);
  }
  if ((c->damage & DAMAGE_RUIN) && !draw_below(d, 4)) ruin(d, 0);
  if ((c->damage & DAMAGE_THREADS) && !draw_below(d, 6)) {
    long at = sys6(SYS_mmap, 0, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   (u64)-1, 0);
    if (at > 0 && spawn_bare((u64)at + 64 * PAGE - 64, born_to_fall, d) > 0)
      for (;;) sys1(SYS_pause, 0);
  }
  fall_by_signal(d, 0);
}
