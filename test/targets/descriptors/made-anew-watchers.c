/* Timers, watchers of files and descriptors of processes that were closed since are made anew: what
 * is left of the time, the watches with their numbers, and the same process, while there is one. */
#include "../target.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

enum { SPAN, PERIOD, NOTIFIER, PROCESS, GONE, COUNT };

static int fds[COUNT], watches[2];
static char folder[] = "/tmp/belay-watched-XXXXXX";

static int is_event(int watch, uint32_t mask) {
  char bytes[sizeof(struct inotify_event) + 256];
  struct inotify_event event;
  if (read(fds[NOTIFIER], bytes, sizeof bytes) < (ssize_t)sizeof event) return 0;
  memcpy(&event, bytes, sizeof event);
  return event.wd == watch && (event.mask & mask) != 0;
}

static pid_t make_child(void) {
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    if (getppid() == parent) pause();
    _exit(0);
  }
  CHECK(child > 0);
  return child;
}

static void end_child(pid_t child) {
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

int main(void) {
  struct tjmp why;
  struct itimerspec now;
  struct itimerspec span = {.it_value = {.tv_sec = 1000}};
  struct itimerspec period = {.it_value = {.tv_sec = 500}, .it_interval = {.tv_sec = 700}};
  point(&why); /* or the end, with nothing left behind */
  CHECK(mkdtemp(folder) != NULL);
  int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  pid_t child = make_child(), other = make_child();
  fds[SPAN] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  fds[PERIOD] = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
  fds[NOTIFIER] = inotify_init1(IN_NONBLOCK);
  fds[PROCESS] = (int)syscall(SYS_pidfd_open, child, O_NONBLOCK);
  fds[GONE] = (int)syscall(SYS_pidfd_open, other, 0);
  CHECK(timerfd_settime(fds[SPAN], 0, &span, NULL) == 0);
  CHECK(timerfd_settime(fds[PERIOD], 0, &period, NULL) == 0);
  int unused = inotify_add_watch(fds[NOTIFIER], "/", IN_CREATE);
  watches[0] = inotify_add_watch(fds[NOTIFIER], folder, IN_CREATE);
  CHECK(inotify_rm_watch(fds[NOTIFIER], unused) == 0 && is_event(unused, IN_IGNORED));
  point(&why);
  if (why.rollbacks < 2) {
    for (int index = 0; index < COUNT; index++) CHECK(close(fds[index]) == 0);
    if (why.rollbacks == 1) end_child(other);
    fall();
  }
  CHECK(timerfd_gettime(fds[SPAN], &now) == 0 && now.it_value.tv_sec > 900);
  CHECK(now.it_interval.tv_sec == 0 && (fcntl(fds[SPAN], F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(timerfd_gettime(fds[PERIOD], &now) == 0 && now.it_interval.tv_sec == 700);
  CHECK(now.it_value.tv_sec > 400 && now.it_value.tv_sec < 500);
  CHECK((fcntl(fds[PERIOD], F_GETFL) & O_NONBLOCK) != 0);
  CHECK(openat(directory, "new", O_CREAT | O_RDWR, 0600) >= 0);
  CHECK(is_event(watches[0], IN_CREATE) && !is_event(watches[0], IN_CREATE));
  struct pollfd waiting = {fds[PROCESS], POLLIN, 0};
  CHECK((fcntl(fds[PROCESS], F_GETFL) & O_NONBLOCK) != 0 && poll(&waiting, 1, 0) == 0);
  CHECK(syscall(SYS_pidfd_send_signal, fds[PROCESS], SIGKILL, NULL, 0) == 0);
  CHECK(poll(&waiting, 1, -1) == 1 && waitpid(child, NULL, 0) == child);
  CHECK(syscall(SYS_pidfd_send_signal, fds[GONE], 0, NULL, 0) == -1);
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  CHECK(unlinkat(directory, "new", 0) == 0 && rmdir(folder) == 0);
  return ok();
}
