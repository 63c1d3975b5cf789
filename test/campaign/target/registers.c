/* Fills every register with a pattern, enters a call or a loop, and dumps them all after it. */
#include "campaign.h"

#include <asm/prctl.h>
#include <cpuid.h>

extern const ptrdiff_t __rseq_offset __attribute__((weak));

_Static_assert(offsetof(struct frame, out) == 136, "registers.c: OUT");
_Static_assert(offsetof(struct frame, xmask) == 272, "registers.c: XMASK");
_Static_assert(offsetof(struct frame, spin_address) == 280, "registers.c: SPIN");
_Static_assert(offsetof(struct frame, xout) == 4544, "registers.c: XOUT");

/* While the pattern is loaded only rsp is ours: (rsp) is the spin word, 8(rsp) the frame. */
__asm__(".macro LOAD_PATTERN\n"
        "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; pushfq\n"
        "  push %rdi; push $0\n"
        "  mov %rsp, 280(%rdi)\n"
        "  mov 272(%rdi), %eax; xor %edx, %edx\n"
        "  xrstor64 448(%rdi)\n"
        "  pushq 120(%rdi); popfq\n"
        "  mov 0(%rdi), %rax; mov 8(%rdi), %rbx; mov 16(%rdi), %rcx; mov 24(%rdi), %rdx\n"
        "  mov 32(%rdi), %rsi; mov 48(%rdi), %rbp; mov 56(%rdi), %r8; mov 64(%rdi), %r9\n"
        "  mov 72(%rdi), %r10; mov 80(%rdi), %r11; mov 88(%rdi), %r12; mov 96(%rdi), %r13\n"
        "  mov 104(%rdi), %r14; mov 112(%rdi), %r15; mov 40(%rdi), %rdi\n"
        ".endm\n"
        ".macro DUMP_AND_RETURN\n"
        "  pushfq; push %r15; push %r14; push %r13; push %r12; push %r11; push %r10; push %r9\n"
        "  push %r8; push %rbp; push %rdi; push %rsi; push %rdx; push %rcx; push %rbx; push %rax\n"
        "  cld\n"
        "  mov %rsp, %rsi; mov 136(%rsp), %rdi; add $136, %rdi; mov $16, %ecx; rep movsq\n"
        "  lea 128(%rsp), %rax; stosq\n"
        "  mov 136(%rsp), %rdi\n"
        "  mov 272(%rdi), %eax; xor %edx, %edx\n"
        "  xsave64 4544(%rdi)\n"
        "  fninit\n"
        "  movl $0x1f80, (%rsp); ldmxcsr (%rsp)\n"
        "  add $136, %rsp; pop %rdi\n"
        "  popfq; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "  ret\n"
        ".endm\n"
        ".text\n"
        ".globl enter_call, enter_spin, after_call, spawn_bare\n"
        ".hidden enter_call, enter_spin, after_call, spawn_bare\n"
        "enter_call:\n"
        "  LOAD_PATTERN\n"
        "  syscall\n"
        "after_call:\n"
        "  DUMP_AND_RETURN\n"
        "enter_spin:\n"
        "  LOAD_PATTERN\n"
        "1: pause\n"
        "  mov (%rsp), %rcx\n"
        "  jrcxz 1b\n"
        "  DUMP_AND_RETURN\n"
        /* spawn_bare(stack_top, fn, argument): a thread without TLS, libc or a way back */
        "spawn_bare:\n"
        "  mov %rsi, %r8; mov %rdx, %r9\n"
        "  mov %rdi, %rsi\n"
        "  mov $0x50f00, %edi\n" /* VM FS FILES SIGHAND THREAD SYSVSEM */
        "  xor %edx, %edx; xor %r10d, %r10d\n"
        "  mov $56, %eax\n"
        "  syscall\n"
        "  test %rax, %rax\n"
        "  jnz 2f\n"
        "  xor %ebp, %ebp; mov %r9, %rdi; and $-16, %rsp; call *%r8\n"
        "  mov $60, %eax; xor %edi, %edi; syscall\n"
        "2: ret\n");

enum { XCR_USED = 0x2e7 }; /* x87, SSE, AVX, opmask, upper halves, upper 16, PKRU */

static u64 read_xcr0(void) {
  u32 low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low | (u64)high << 32;
}

static void fill_random(u8 *to, size_t size, struct draws *d) {
  for (size_t i = 0; i < size; i += 8) {
    u64 value = draw(d);
    memcpy(to + i, &value, size - i < 8 ? size - i : 8);
  }
}

static void fill_extended(struct frame *f, struct draws *d) {
  u8 *x = f->xin;
  f->xmask = read_xcr0() & XCR_USED;
  memset(x, 0, sizeof f->xin);
  u32 control = 0x37f | (u32)draw_below(d, 4) << 10, status = (u32)draw(d) & 0x7f7f;
  u32 mxcsr = 0x1f80 | ((u32)draw(d) & 0x603f);
  memcpy(x, &control, 2);
  memcpy(x + 2, &status, 2);
  x[4] = (u8)draw(d);
  memcpy(x + 24, &mxcsr, 4);
  for (int i = 0; i < 8; i++) fill_random(x + 32 + 16 * i, 10, d);
  fill_random(x + 160, 256, d);
  memcpy(x + 512, &f->xmask, 8);
  for (u32 i = 2; i < 9; i++) {
    u32 size, offset, c, e;
    if (!(f->xmask >> i & 1)) continue;
    __cpuid_count(0xd, i, size, offset, c, e);
    fill_random(x + offset, size, d);
  }
  if (f->xmask >> 9 & 1) { /* PKRU: deny what no mapping has, never key 0 */
    u32 size, offset, c, e, pkru = (u32)draw(d) & ~3u;
    __cpuid_count(0xd, 9, size, offset, c, e);
    memcpy(x + offset, &pkru, 4);
  }
}

void fill_frame(struct frame *f, struct draws *d) {
  for (int i = 0; i < RSP; i++) f->in[i] = draw(d);
  f->in[RFLAGS] = 0x202 | (f->in[RFLAGS] & 0xcd5); /* CF PF AF ZF SF DF OF; ID: no ptrace can */
  fill_extended(f, d);
  u64 gs = draw(d) & 0x7ffffffff000;
  sys2(SYS_arch_prctl, ARCH_SET_GS, gs);
}

/* Where the kernel notes this thread's processor: that may differ after a rollback. */
u64 rseq_address(void) {
  u64 fs;
  sys2(SYS_arch_prctl, ARCH_GET_FS, &fs);
  return &__rseq_offset ? fs + (u64)__rseq_offset : 0;
}

void read_extras(struct extras *e) {
  u64 size;
  memset(e, 0, sizeof *e);
  sys2(SYS_arch_prctl, ARCH_GET_FS, &e->fs);
  sys2(SYS_arch_prctl, ARCH_GET_GS, &e->gs);
  sys4(SYS_rt_sigprocmask, SIG_BLOCK, 0, &e->mask, 8);
  sys2(SYS_sigaltstack, 0, e->alternate);
  e->alternate[1] &= 0xffffffff;
  sys3(SYS_get_robust_list, 0, &e->robust, &size);
  e->tid = (u64)sys1(SYS_gettid, 0);
  sys2(SYS_prctl, 16 /* PR_GET_NAME */, e->name);
  e->tid_address = (u64)sys2(SYS_prctl, 40 /* PR_GET_TID_ADDRESS */, &size) ? 0 : size;
  e->rseq = rseq_address();
  if (e->rseq) e->rseq |= (u64)-sys4(334, e->rseq, 32, 0, 0x53053053); /* EBUSY: it stands */
}

/* Registers that may not change across the call. rax is the caller's business, and so are rcx and
 *  r11, which `syscall` itself overwrites. Extended state is numbered from 100 by its byte. */
u32 compare_frame(const struct frame *f) {
  for (u32 i = 0; i < RSP; i++) {
    if (i == RAX || i == RCX || i == R11) continue;
    if (f->in[i] != f->out[i]) return 1 + i;
  }
  if (f->out[RSP] != f->spin_address) return 1 + RSP;
  for (u32 i = 0; i < sizeof f->xin; i++) {
    if (i >= 28 && i < 32) continue; /* MXCSR_MASK: the processor's, not ours */
    if (f->xin[i] != f->xout[i]) return 101 + i;
  }
  return 0;
}
