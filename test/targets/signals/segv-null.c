/* A null pointer: back at the point, with signal, code, address, instruction and thread. */
#include "../target.h"

extern char faulting_instruction[];

int main(void) {
  struct tjmp why;
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    __asm__ volatile(".globl faulting_instruction\nfaulting_instruction: movl %%eax, (%0)"
                     :: "r"((long)0) : "memory");
  }
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV && why.code == SEGV_MAPERR);
  CHECK(why.address == 0 && why.ip == (uint64_t)faulting_instruction);
  CHECK(why.tid == getpid() && why.rollbacks == 1 && why.value == 0);
  return ok();
}
