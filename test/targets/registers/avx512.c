/* The 32 AVX-512 registers and the 8 mask registers are those of the point. */
#include "vectors.h"

#define LOAD(n, m) "vmovdqu64 64 * " #n "(%4), %%zmm" #m "\n"
#define STORE(n, m) "vmovdqu64 %%zmm" #m ", 64 * " #n "(%5)\n"
#define ZERO(n, m) "vpxorq %%zmm" #m ", %%zmm" #m ", %%zmm" #m "\n"
#define LOAD_MASK(n, m) "kmovq 2048 + 8 * " #n "(%4), %%k" #m "\n"
#define STORE_MASK(n, m) "kmovq %%k" #m ", 2048 + 8 * " #n "(%5)\n"
#define ZERO_MASK(n, m) "kxorq %%k" #m ", %%k" #m ", %%k" #m "\n"

int main(void) {
  static uint64_t table[TABLE_BYTES / 8], found[TABLE_BYTES / 8];
  struct tjmp why;
  long cd;
  CHECK(tforget(point(NULL)) == 0);
  if (!__builtin_cpu_supports("avx512bw")) return ok();
  fill(table, sizeof table, 1);
  TSETJMP(EACH_32(LOAD) EACH_8(LOAD_MASK, , ), EACH_32(STORE) EACH_8(STORE_MASK, , ));
  CHECK(cd == 2);
  if (why.cause == TJMP_SAVED) {
    __asm__ volatile(EACH_32(ZERO) EACH_8(ZERO_MASK, , ) ::: "memory");
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && memcmp(table, found, TABLE_BYTES) == 0);
  return ok();
}
