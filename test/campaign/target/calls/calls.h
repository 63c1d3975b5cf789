/* Random system calls: what one thread has, the table's rows, and what they are made of.
 *
 * Each row does one random thing with what its thread has. Whatever the kernel answers is fine;
 * none waits, none uses libc, and no thread uses what another one has. */
#ifndef CALLS_H
#define CALLS_H

#include "../campaign.h"

#include <sys/uio.h>

enum { HELD_MAX = 12, CALLERS_MAX = 16, FILES = 4, TIMERS_MAX = 3, SHARED_MAX = 3 };

enum kind { /* bits, so that a row can ask for one of several */
  A_FILE = 1,
  A_DIRECTORY = 2,
  A_DEVICE = 4,
  A_MEMFD = 8,
  AN_EPOLL = 16,
  AN_EVENTFD = 32,
  A_TIMERFD = 64,
  A_SIGNALFD = 128,
  AN_INOTIFY = 256,
  A_PIDFD = 512,
  A_PIPE = 1024,
  A_LOCAL = 2048, /* an end of a socketpair */
  A_SOCKET = 4096,
  A_TERMINAL = 8192,
  A_PLACE = 16384, /* O_PATH */
  ANY_KIND = 32767
};

struct held {
  int fd;
  u32 kind; /* 0: nothing is held */
};
struct caller {
  u32 index, is_main;
  struct draws draws;
  struct held held[HELD_MAX];
  struct region shared[SHARED_MAX];
  int timers[TIMERS_MAX], has_timer[TIMERS_MAX];
};
typedef long row_function(struct caller *c);
struct row {
  const char *name;
  u32 weight;
  row_function *make;
};
extern const struct row descriptor_rows[], lock_rows[], event_rows[], signal_rows[], pipe_rows[],
  timer_rows[], shared_rows[], attribute_rows[], socket_rows[];

extern char own_directory[128];
extern u64 own_pid;

static inline u64 pick(struct caller *c, u64 n) { return draw_below(&c->draws, n); }
static inline int one_in(struct caller *c, u64 n) { return pick(c, n) == 0; }

/* One that it holds of these kinds, or undefined behind the last: NULL. */
struct held *any_held(struct caller *c, u32 kinds);
int any_fd(struct caller *c, u32 kinds); /* -1: none; the kernel says EBADF */
/* Holds it in a slot; closes what was there. Returns the descriptor. */
long hold_fd(struct caller *c, long fd, u32 kind);
/* Whether one of these comes without waiting: POLLIN, POLLOUT. */
int is_ready(int fd, int events);
void own_path(char *to, const char *what, u64 owner, u64 number);
/* Bytes of noise, the same for the same draws. */
u64 noise_bytes(struct caller *c, u8 *to, u64 size_max);

/* ---- what it says of itself, as lines of text that the checker compares ---- */
void report_line(const char *kind, u64 key, const u64 *words, u32 count);
void report_signals(void);
void report_itimers(void);
void report_timers(const struct caller *c);
void report_ipc(void);
void report_attributes(void);
void report_callers(void);

#endif
