/* What the cheapest system call costs: batches of 10,000 getppid calls. calls ROUNDS */
#include "bench.h"
#include <sys/syscall.h>

#define BATCH 10000

int main(int argc, char **argv) {
  unsigned long rounds = argument(argc, argv, 1);
  samples_open();
  for (unsigned long round = 0; round < rounds; round++) {
    uint64_t began = now_ns();
    for (int call = 0; call < BATCH; call++) syscall(SYS_getppid);
    sample(now_ns() - began);
  }
  return samples_print();
}
