/* The signals that a signalfd takes are those of the point, and so are watches of inotify. */
#include "../target.h"
#include <sys/inotify.h>
#include <sys/signalfd.h>

static int takes(int fd, int signo) {
  struct signalfd_siginfo info;
  CHECK(raise(signo) == 0);
  ssize_t size = read(fd, &info, sizeof info);
  if (size < 0) CHECK(errno == EAGAIN);
  return size == (ssize_t)sizeof info && info.ssi_signo == (uint32_t)signo;
}

int main(void) {
  struct tjmp why;
  sigset_t one, both;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR1);
  both = one;
  sigaddset(&both, SIGUSR2);
  CHECK(sigprocmask(SIG_BLOCK, &both, NULL) == 0);
  int fd = signalfd(-1, &one, SFD_NONBLOCK), watches = inotify_init();
  CHECK(fd >= 0 && watches >= 0 && inotify_add_watch(watches, "/proc", IN_CREATE) > 0);
  int cd = point(&why);
  if (why.rollbacks == 0) {
    CHECK(signalfd(fd, &both, 0) == fd);
    tlongjmp(cd, 1);
  }
  CHECK(takes(fd, SIGUSR1) && !takes(fd, SIGUSR2));
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) == 0);
  if (why.rollbacks == 1) {
    CHECK(inotify_add_watch(watches, "/sys", IN_CREATE) > 0);
    tlongjmp(cd, 1);
  }
  return ok();
}
