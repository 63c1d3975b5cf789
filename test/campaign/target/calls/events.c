/* What tells of events: epoll sets, eventfds, timerfds, signalfds, inotify, pidfds. */
#include "calls.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <time.h>

enum { LONG_S = 5000, AHEAD_S = 100000 };

static long epoll_new(struct caller *c) {
  return hold_fd(c, sys1(SYS_epoll_create1, one_in(c, 2) ? O_CLOEXEC : 0), AN_EPOLL);
}

static long epoll_change(struct caller *c) {
  static const u32 modes[] = {0, 0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT};
  static const u32 wanted[] = {EPOLLIN, EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLPRI, 0};
  static const int what[] = {EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL};
  int set = any_fd(c, AN_EPOLL), fd = any_fd(c, ANY_KIND);
  struct epoll_event event = {.events = modes[pick(c, 5)] | wanted[pick(c, 6)]};
  if (one_in(c, 4)) event.events |= EPOLLRDHUP;
  event.data.u64 = draw(&c->draws);
  return sys4(SYS_epoll_ctl, set, what[pick(c, 4)], fd, &event);
}

static long epoll_look(struct caller *c) {
  struct epoll_event events[4];
  return sys4(SYS_epoll_wait, any_fd(c, AN_EPOLL), events, 1 + pick(c, 4), 0);
}

static long eventfd_new(struct caller *c) {
  u64 flags = O_NONBLOCK | (one_in(c, 3) ? 1 : 0) | (one_in(c, 2) ? O_CLOEXEC : 0);
  return hold_fd(c, sys2(SYS_eventfd2, pick(c, 9), flags), AN_EVENTFD);
}

static long eventfd_use(struct caller *c) {
  int fd = any_fd(c, AN_EVENTFD);
  u64 value = 1 + pick(c, 5);
  if (one_in(c, 2)) return is_ready(fd, 1) ? sys3(SYS_read, fd, &value, 8) : 0;
  return is_ready(fd, 4) ? sys3(SYS_write, fd, &value, 8) : 0;
}

static long timerfd_new(struct caller *c) {
  static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
  u64 flags = O_NONBLOCK | (one_in(c, 2) ? O_CLOEXEC : 0);
  return hold_fd(c, sys2(SYS_timerfd_create, clocks[pick(c, 3)], flags), A_TIMERFD);
}

/* None goes off while it lives: which would come first is not drawn. */
static long timerfd_set(struct caller *c) {
  u64 times[4] = {pick(c, 2) * pick(c, LONG_S), pick(c, 1000), 0, 0};
  times[2] = one_in(c, 4) ? 0 : AHEAD_S + pick(c, LONG_S);
  return sys4(SYS_timerfd_settime, any_fd(c, A_TIMERFD), 0, times, 0);
}

static long signalfd_set(struct caller *c) {
  struct held *held = one_in(c, 2) ? any_held(c, A_SIGNALFD) : NULL;
  u64 mask = draw(&c->draws) & 0xfffffffff;
  long fd = sys4(SYS_signalfd4, held ? held->fd : -1, &mask, 8, O_NONBLOCK);
  return held ? fd : hold_fd(c, fd, A_SIGNALFD);
}

static long signalfd_take(struct caller *c) {
  u8 taken[128];
  int fd = any_fd(c, A_SIGNALFD);
  return is_ready(fd, 1) ? sys3(SYS_read, fd, taken, sizeof taken) : 0;
}

static long inotify_new(struct caller *c) {
  return hold_fd(c, sys1(SYS_inotify_init1, O_NONBLOCK), AN_INOTIFY);
}

static long inotify_change(struct caller *c) {
  char path[160];
  int fd = any_fd(c, AN_INOTIFY);
  own_path(path, "file", c->index, pick(c, FILES));
  if (one_in(c, 4)) return sys2(SYS_inotify_rm_watch, fd, 1 + pick(c, 3));
  return sys3(SYS_inotify_add_watch, fd, one_in(c, 3) ? own_directory : path,
              one_in(c, 2) ? IN_ATTRIB : IN_MOVE_SELF | IN_DELETE_SELF);
}

static long pidfd_new(struct caller *c) {
  if (one_in(c, 3)) return hold_fd(c, sys2(SYS_pidfd_open, sys1(SYS_getppid, 0), 0), A_PIDFD);
  return hold_fd(c, sys2(SYS_pidfd_open, own_pid, 0), A_PIDFD);
}

const struct row event_rows[] = {
  {"epoll-create", 5, epoll_new},
  {"epoll-ctl", 14, epoll_change},
  {"epoll-wait", 5, epoll_look},
  {"eventfd", 4, eventfd_new},
  {"eventfd-use", 6, eventfd_use},
  {"timerfd", 2, timerfd_new},
  {"timerfd-settime", 3, timerfd_set},
  {"signalfd", 3, signalfd_set},
  {"signalfd-read", 3, signalfd_take},
  {"inotify", 1, inotify_new},
  {"inotify-watch", 2, inotify_change},
  {"pidfd", 2, pidfd_new},
  {0},
};
