/* The SSE control register, rounding mode and raised exceptions, is that of the point. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  uint32_t wanted = 0x1F80 | 0x6000 | 0x8000 | 0x24, other = 0x1F80, found = 0;
  long cd;
  CHECK(tforget(point(NULL)) == 0);
  __asm__ volatile("ldmxcsr %2\nsyscall\nstmxcsr %1"
                   : "=a"(cd), "=m"(found)
                   : "m"(wanted), "0"((long)BELAY_SYS_TSETJMP), "D"(&why), "S"(sizeof why)
                   : "rcx", "r11", "cc", "memory");
  CHECK(cd == 2);
  if (why.cause == TJMP_SAVED) {
    __asm__ volatile("ldmxcsr %0" ::"m"(other));
    fall();
  }
  __asm__ volatile("ldmxcsr %0" ::"m"(other));
  CHECK(why.cause == TJMP_SIGNAL && found == wanted);
  return ok();
}
