/* belay: argument 1 16 */
/* All general registers and fs base are zero, and the stack pointer with them, at the fall. */
#include "../crew.h"
#include <asm/prctl.h>

static __thread int local = 5;

int main(int argc, char **argv) {
  struct tjmp why;
  crew_start(crew_size(argc, argv));
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    local = 6;
    __asm__ volatile(
        "syscall\nxor %%eax, %%eax\nxor %%ebx, %%ebx\nxor %%ecx, %%ecx\nxor %%edx, %%edx\n"
        "xor %%esi, %%esi\nxor %%edi, %%edi\nxor %%ebp, %%ebp\nxor %%esp, %%esp\n"
        "xor %%r8, %%r8\nxor %%r9, %%r9\nxor %%r10, %%r10\nxor %%r11, %%r11\nxor %%r12, %%r12\n"
        "xor %%r13, %%r13\nxor %%r14, %%r14\nxor %%r15, %%r15\nud2" ::"a"((long)SYS_arch_prctl),
        "D"((long)ARCH_SET_FS), "S"(0L));
  }
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGILL && local == 5);
  crew_finish();
  return ok();
}
