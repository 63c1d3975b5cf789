/* Where workers wait: the system call of each kind, its arguments, its end. */
#include "parking.h"

enum { WAIT_SECONDS = 100000 };

static const long numbers[KINDS] = {
  [IN_SPIN] = -1,
  [IN_FUTEX] = SYS_futex,
  [IN_FUTEX_TIMED] = SYS_futex,
  [IN_NANOSLEEP] = SYS_nanosleep,
  [IN_CLOCK_NANOSLEEP] = SYS_clock_nanosleep,
  [IN_POLL] = SYS_poll,
  [IN_POLL_TIMED] = SYS_poll,
  [IN_PPOLL] = SYS_ppoll,
  [IN_SELECT] = SYS_select,
  [IN_PIPE] = SYS_read,
  [IN_SOCKET] = SYS_recvfrom,
  [IN_PAUSE] = SYS_pause,
  [IN_SIGSUSPEND] = SYS_rt_sigsuspend,
  [IN_EPOLL] = SYS_epoll_wait,
  [IN_SIGTIMEDWAIT] = SYS_rt_sigtimedwait,
};

long parking_number(const struct worker *w) { return numbers[w->kind]; }

static void arguments(struct frame *f, u64 a, u64 b, u64 c, u64 d, u64 e) {
  f->in[RDI] = a;
  f->in[RSI] = b;
  f->in[RDX] = c;
  f->in[R10] = d;
  f->in[R8] = e;
}

static const u64 wait_mask = 1UL << 63; /* SIGRTMAX: what sigsuspend and ppoll block */
static u64 call_mask;                   /* and in lives with random calls what these send */

/* Sets the registers for the call of w->kind over the pattern already in the frame. */
void parking_prepare(struct worker *w) {
  struct frame *f = &w->frame;
  w->futex = 0;
  call_mask = wait_mask | waiting_signals();
  w->time = (struct timespec){WAIT_SECONDS, 0};
  w->pollfd = (struct pollfd){w->pipe[0], POLLIN, 0};
  w->expected_result = (u64)-4; /* EINTR, by the signal that lets it go */
  f->in[RAX] = (u64)parking_number(w);
  switch (w->kind) {
  case IN_SPIN: f->in[RCX] = 0; break;
  case IN_FUTEX:
  case IN_FUTEX_TIMED:
    arguments(f, (u64)&w->futex, FUTEX_WAIT_PRIVATE, 0,
              w->kind == IN_FUTEX ? 0 : (u64)&w->time, f->in[R8]);
    w->expected_result = 0;
    break;
  case IN_NANOSLEEP: /* at each stop the kernel writes the remainder, bare as under belay */
    f->in[RDI] = (u64)&w->time;
    f->in[RSI] = ways & (STOPS | EVERY | HARD | JOBS) ? 0 : (u64)&w->remainder;
    break;
  case IN_CLOCK_NANOSLEEP:
    sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &w->time);
    w->time.tv_sec += WAIT_SECONDS;
    arguments(f, CLOCK_MONOTONIC, TIMER_ABSTIME, (u64)&w->time, 0, f->in[R8]);
    break;
  case IN_POLL:
  case IN_POLL_TIMED:
    arguments(f, (u64)&w->pollfd, 1, w->kind == IN_POLL ? (u64)-1 : WAIT_SECONDS * 1000, f->in[R10],
              f->in[R8]);
    w->expected_result = 1;
    break;
  case IN_PPOLL:
    arguments(f, (u64)&w->pollfd, 1, 0, (u64)&call_mask, 8);
    w->expected_result = 1;
    break;
  case IN_SELECT:
    FD_ZERO(&w->set);
    FD_SET(w->pipe[0], &w->set);
    arguments(f, (u64)w->pipe[0] + 1, (u64)&w->set, 0, 0, 0);
    w->expected_result = 1;
    break;
  case IN_PIPE:
    arguments(f, (u64)w->pipe[0], (u64)&w->byte, 1, f->in[R10], f->in[R8]);
    w->expected_result = 1;
    break;
  case IN_SOCKET:
    arguments(f, (u64)w->socket[0], (u64)&w->byte, 1, 0, 0);
    f->in[R9] = 0;
    w->expected_result = 1;
    break;
  case IN_SIGSUSPEND: f->in[RDI] = (u64)&call_mask, f->in[RSI] = 8; break;
  case IN_EPOLL:
    arguments(f, (u64)w->epoll, (u64)&w->event, 1, (u64)-1, f->in[R8]);
    w->expected_result = 1;
    break;
  case IN_SIGTIMEDWAIT:
    w->mask |= wait_mask;
    arguments(f, (u64)&wait_mask, 0, 0, 8, f->in[R8]);
    w->expected_result = (u64)SIGRTMAX;
    break;
  default: break;
  }
}

static void send(struct worker *w, int signo) {
  sys3(SYS_tgkill, sys1(SYS_getpid, 0), w->tid, signo);
}

void parking_release(struct worker *w) {
  switch (w->kind) {
  case IN_SPIN: *(volatile u64 *)w->frame.spin_address = 1; break;
  case IN_FUTEX:
  case IN_FUTEX_TIMED:
    w->futex = 1;
    sys3(SYS_futex, &w->futex, FUTEX_WAKE_PRIVATE, 1);
    break;
  case IN_POLL:
  case IN_POLL_TIMED:
  case IN_PPOLL:
  case IN_SELECT:
  case IN_PIPE:
  case IN_EPOLL: sys3(SYS_write, w->pipe[1], "x", 1); break;
  case IN_SOCKET: sys3(SYS_write, w->socket[1], "x", 1); break;
  case IN_SIGTIMEDWAIT: send(w, SIGRTMAX); break;
  default: send(w, SIGUSR1); break;
  }
}

/* Takes the byte that ended a wait without being read by it. */
void parking_drain(struct worker *w) {
  int waited = w->kind == IN_EPOLL || (w->kind >= IN_POLL && w->kind <= IN_SELECT);
  if (waited) sys3(SYS_read, w->pipe[0], &w->byte, 1);
}
