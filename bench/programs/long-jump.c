/*
 * A SIGSEGV handler that calls siglongjmp, in the process itself: quicker than any supervisor, and
 * worth nothing once stack, heap or libc are damaged. long-jump ROUNDS
 */
#include "bench.h"
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;

static void on_fault(int signo) {
  (void)signo;
  siglongjmp(back, 1);
}

int main(int argc, char **argv) {
  unsigned long rounds = argument(argc, argv, 1);
  struct sigaction action = {.sa_handler = on_fault};
  samples_open();
  if (sigaction(SIGSEGV, &action, NULL) != 0) die("sigaction");
  for (volatile unsigned long round = 0; round < rounds; round++) {
    if (sigsetjmp(back, 1) == 0) {
      samples->began = now_ns();
      *(volatile int *)8 = 1;
    }
    sample(now_ns() - samples->began);
  }
  return samples_print();
}
