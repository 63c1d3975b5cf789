/* The AVX registers, with their upper halves, are those of the point. */
#include "vectors.h"

#define LOAD(n, m) "vmovups 32 * " #n "(%4), %%ymm" #m "\n"
#define STORE(n, m) "vmovups %%ymm" #m ", 32 * " #n "(%5)\n"
#define ZERO(n, m) "vpcmpeqb %%xmm" #m ", %%xmm" #m ", %%xmm" #m "\n"

int main(void) {
  static uint64_t table[TABLE_BYTES / 8], found[TABLE_BYTES / 8];
  struct tjmp why;
  long cd;
  CHECK(tforget(point(NULL)) == 0);
  if (!__builtin_cpu_supports("avx")) return ok();
  fill(table, sizeof table, 1);
  TSETJMP(EACH_16(LOAD), EACH_16(STORE));
  CHECK(cd == 2);
  if (why.cause == TJMP_SAVED) {
    __asm__ volatile(EACH_16(ZERO) ::: "memory");
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && memcmp(table, found, 16 * 32) == 0);
  return ok();
}
