/* The protection key register is that of the point, where the processor has one. */
#include "../target.h"

static uint32_t read_pkru(void) {
  uint32_t low, high;
  __asm__ volatile("rdpkru" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static void write_pkru(uint32_t value) {
  __asm__ volatile("wrpkru" ::"a"(value), "c"(0), "d"(0) : "memory");
}

int main(void) {
  struct tjmp why;
  point(NULL);
  int key = pkey_alloc(0, 0);
  if (key < 0) return ok();
  char *memory = (char *)anonymous(PAGE);
  fill(memory, PAGE, 1);
  CHECK(pkey_mprotect(memory, PAGE, PROT_READ | PROT_WRITE, key) == 0);
  uint32_t wanted = read_pkru() | (uint32_t)PKEY_DISABLE_WRITE << (2 * key);
  write_pkru(wanted);
  CHECK(point(&why) == 2);
  if (why.cause == TJMP_SAVED) {
    write_pkru(0);
    fill(memory, PAGE, 2);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && read_pkru() == wanted);
  verify(memory, PAGE, 1);
  return ok();
}
