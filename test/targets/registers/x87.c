/* The x87 stack, control word, status and tags are those of the point. */
#include "../target.h"

struct x87 {
  uint32_t control, status, tags, pointers[4];
  unsigned char stack[80];
};

int main(void) {
  static struct x87 before, after;
  static long double values[6] = {1.5L, -2.25L, 3e4000L, 0.1L, 7, 1e-4000L};
  struct tjmp why;
  long cd;
  uint16_t control = 0x0C7F;
  CHECK(tforget(point(NULL)) == 0);
  __asm__ volatile(
      "fninit\nfldcw %3\nfldt (%6)\nfldt 16(%6)\nfldt 32(%6)\nfldt 48(%6)\nfldt 64(%6)\n"
      "fldt 80(%6)\nfld1\nfnsave %1\nfrstor %1\nsyscall\nfnsave %2"
      : "=a"(cd), "=m"(before), "=m"(after)
      : "m"(control), "0"((long)BELAY_SYS_TSETJMP), "D"(&why), "r"(values), "S"(sizeof why)
      : "rcx", "r11", "cc", "memory");
  CHECK(cd == 2);
  if (why.cause == TJMP_SAVED) {
    __asm__ volatile("fninit\nfldz\nfldz\nfldz");
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  CHECK((uint16_t)after.control == control && (uint16_t)after.control == (uint16_t)before.control);
  CHECK((uint16_t)after.status == (uint16_t)before.status);
  CHECK((uint16_t)after.tags == (uint16_t)before.tags);
  CHECK(memcmp(after.stack, before.stack, sizeof after.stack) == 0);
  return ok();
}
