/*
 * The floor: one ptrace stop and resume, by a tracer in C that does nothing else, as the tracee
 * sees it. floor ROUNDS TRACEE_CPU TRACER_CPU
 */
#include "tracing.h"

static void tracee(unsigned long rounds) {
  await_tracer();
  for (unsigned long round = 0; round < rounds; round++) {
    uint64_t began = now_ns();
    syscall(CALL);
    sample(now_ns() - began);
  }
  _exit(0);
}

static void do_nothing(void) {}

int main(int argc, char **argv) {
  unsigned long rounds = argument(argc, argv, 1);
  samples_open();
  pid_t child = fork_tracee();
  if (child == 0) {
    pin(argument(argc, argv, 2));
    tracee(rounds);
  }
  pin(argument(argc, argv, 3));
  trace(child, do_nothing, NULL);
  return samples_print();
}
