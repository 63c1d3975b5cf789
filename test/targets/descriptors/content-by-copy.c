/* The number of an eventfd, signalfd, timerfd or inotify was closed or given to another since, and
 * a copy of it lives: it is that file again, and holds what it held. */
#include "../target.h"
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static uint64_t count_of(int fd) {
  uint64_t count = 0;
  return read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

static sigset_t of(int signal) {
  sigset_t mask;
  sigemptyset(&mask), sigaddset(&mask, signal);
  return mask;
}

int main(void) {
  struct tjmp why;
  struct itimerspec none = {{0, 0}, {0, 0}}, later = {{0, 0}, {5000, 0}};
  struct signalfd_siginfo info;
  char event[4096];
  sigset_t first = of(SIGUSR1), other = of(SIGUSR2);
  CHECK(sigprocmask(SIG_BLOCK, &first, NULL) == 0 && sigprocmask(SIG_BLOCK, &other, NULL) == 0);
  int closed = eventfd(1, EFD_NONBLOCK), replaced = eventfd(2, EFD_NONBLOCK);
  int signals = signalfd(-1, &first, SFD_NONBLOCK), timer = timerfd_create(CLOCK_MONOTONIC, 0);
  int watches = inotify_init1(IN_NONBLOCK), file = scratch_file(PAGE, 1);
  int watch = inotify_add_watch(watches, scratch_names[0], IN_MODIFY);
  CHECK(timerfd_settime(timer, 0, &later, NULL) == 0 && watch >= 0);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(eventfd_write(closed, 3) == 0 && dup(closed) >= 0 && close(closed) == 0);
    CHECK(count_of(replaced) == 2 && dup(replaced) >= 0 && dup2(0, replaced) == replaced);
    CHECK(signalfd(signals, &other, 0) == signals && dup(signals) >= 0 && close(signals) == 0);
    CHECK(timerfd_settime(timer, 0, &none, NULL) == 0 && dup(timer) >= 0 && close(timer) == 0);
    CHECK(inotify_rm_watch(watches, watch) == 0 && dup(watches) >= 0 && close(watches) == 0);
    fall();
  }
  if (why.lost != 0) fail("%x is lost", (unsigned)why.lost);
  uint64_t counts[2] = {count_of(closed), count_of(replaced)};
  if (counts[0] != 1 || counts[1] != 2) fail("counts %d %d", (int)counts[0], (int)counts[1]);
  CHECK(kill(getpid(), SIGUSR1) == 0 && read(signals, &info, sizeof info) == sizeof info);
  CHECK(timerfd_gettime(timer, &later) == 0 && later.it_value.tv_sec > 4000);
  /* What was in the queue since is not looked at. */
  while (read(watches, event, sizeof event) > 0) continue;
  CHECK(pwrite(file, "x", 1, 0) == 1 && read(watches, event, sizeof event) > 0);
  return ok();
}
