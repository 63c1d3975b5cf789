/* Signals that wait with values. */
#ifndef QUEUED_H
#define QUEUED_H

#include "../target.h"

/* The value that the first one of this number came with, which is taken off; -1: none waits. */
UNUSED static int take(int signo) {
  struct timespec none = {0, 0};
  sigset_t one;
  siginfo_t info;
  sigemptyset(&one);
  sigaddset(&one, signo);
  if (sigtimedwait(&one, &info, &none) != signo) return -1;
  return info.si_value.sival_int;
}

#endif
