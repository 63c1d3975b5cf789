/* The SSE registers are those of the point. */
#include "vectors.h"

#define LOAD(n, m) "movups 16 * " #n "(%4), %%xmm" #m "\n"
#define STORE(n, m) "movups %%xmm" #m ", 16 * " #n "(%5)\n"
#define ZERO(n, m) "pxor %%xmm" #m ", %%xmm" #m "\n"

int main(void) {
  static uint64_t table[TABLE_BYTES / 8], found[TABLE_BYTES / 8];
  struct tjmp why;
  long cd;
  CHECK(tforget(point(NULL)) == 0);
  if (!__builtin_cpu_supports("sse")) return ok();
  fill(table, sizeof table, 1);
  TSETJMP(EACH_16(LOAD), EACH_16(STORE));
  CHECK(cd == 2);
  if (why.cause == TJMP_SAVED) {
    __asm__ volatile(EACH_16(ZERO) ::: "memory");
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && memcmp(table, found, 16 * 16) == 0);
  return ok();
}
