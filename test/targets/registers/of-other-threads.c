/* A thread that computes in its registers, unaware: 40 falls of another do not disturb it. */
#include "../target.h"

volatile uint64_t stop, running;

/* Counts in rax and mirrors the count in rbx, xmm0 and x87; any mix of two states shows. */
static void *compute(void *argument) {
  uint64_t count = 0, mirror = 0, vector = 0;
  long long x87 = 0;
  running = 1;
  __asm__ volatile("pxor %%xmm0, %%xmm0\npcmpeqd %%xmm1, %%xmm1\nfninit\nfld1\nfldz\n"
                   "1: inc %0\ninc %1\npsubq %%xmm1, %%xmm0\nfadd %%st(1), %%st\n"
                   "cmpq $0, stop(%%rip)\nje 1b\n"
                   "movq %%xmm0, %2\nfistpll %3\nfstp %%st(0)"
                   : "+a"(count), "+b"(mirror), "=r"(vector), "=m"(x87)
                   :: "xmm0", "xmm1", "cc", "memory");
  CHECK(count == mirror && count == vector && count == (uint64_t)x87 && count > 0);
  return argument;
}

int main(void) {
  static int falls;
  struct tjmp why;
  pthread_t thread;
  void *result = NULL;
  keep(&falls, sizeof falls);
  CHECK(pthread_create(&thread, NULL, compute, &falls) == 0);
  while (running == 0) sleep_ms(1);
  for (volatile int round = 0; round < 20; round++) {
    point(&why);
    sleep_ms(1);
    if (why.rollbacks < 2) {
      falls++;
      fall();
    }
  }
  stop = 1;
  CHECK(pthread_join(thread, &result) == 0 && result == &falls && falls == 40);
  return ok();
}
