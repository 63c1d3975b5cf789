/* The places in the kernel where a worker waits, how it is let go, and what it must see then. */
#ifndef PARKING_H
#define PARKING_H

#include "campaign.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

enum kind {
  IN_SPIN,
  IN_FUTEX,
  IN_FUTEX_TIMED,
  IN_NANOSLEEP,
  IN_CLOCK_NANOSLEEP,
  IN_POLL,
  IN_POLL_TIMED,
  IN_PPOLL,
  IN_SELECT,
  IN_PIPE,
  IN_SOCKET,
  IN_PAUSE,
  IN_SIGSUSPEND,
  IN_EPOLL, /* from here on: a stop by SIGSTOP ends the call with EINTR, with or without belay */
  IN_SIGTIMEDWAIT,
  KINDS
};

enum phase { AT_REST, PARKING, RELEASED };

struct worker {
  struct frame frame;
  pthread_t thread;
  u32 index, kind, phase, go, leave, futex, ended;
  int tid, pipe[2], socket[2], epoll;
  u64 seed, expected_result, mask, rseq;
  struct extras before;
  struct timespec time, remainder;
  struct pollfd pollfd;
  struct epoll_event event;
  fd_set set;
  char byte;
  u8 alternate[16384];
  u8 has_alternate;
};

long parking_number(const struct worker *w);
void parking_prepare(struct worker *w);
void parking_release(struct worker *w);
void parking_drain(struct worker *w);

#endif
