/* Code made writable and destroyed, run, and whole again: with its old protection. */
#include "../maps.h"

__attribute__((noinline, aligned(4096))) static int victim(int value) {
  __asm__ volatile("" : "+r"(value));
  return value * 3;
}
__attribute__((aligned(4096))) static void next_page(void) { __asm__ volatile(""); }

int main(void) {
  struct tjmp why;
  next_page();
  maps_save();
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    CHECK(mprotect((void *)victim, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
    memset((void *)victim, 0x06, 64);
    CHECK(victim(1) == 3);
    fail("ran destroyed code");
  }
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGILL && victim(5) == 15);
  maps_verify();
  return ok();
}
