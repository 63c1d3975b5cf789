/* belay: argument eventfd timerfd signalfd inotify epoll pidfd socket pipe */
/* What has been closed since is not what has its number now, however alike they are: the number is
 * hung up then or leads to one that is made anew, which is told since a child has the old one; or
 * it leads to the old one where a copy was kept aside. */
#include "../target.h"
#include <linux/kcmp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

static pid_t child;

static int open_one(const char *kind) {
  int pair[2];
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  if (strcmp(kind, "eventfd") == 0) return eventfd(0, EFD_NONBLOCK);
  if (strcmp(kind, "timerfd") == 0) return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  if (strcmp(kind, "signalfd") == 0) return signalfd(-1, &signals, SFD_NONBLOCK);
  if (strcmp(kind, "inotify") == 0) return inotify_init1(IN_NONBLOCK);
  if (strcmp(kind, "epoll") == 0) return epoll_create1(0);
  if (strcmp(kind, "pidfd") == 0) return (int)syscall(SYS_pidfd_open, getpid(), 0);
  if (strcmp(kind, "socket") == 0) return socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(pipe(pair) == 0);
  dup2(pair[0], 40);
  return pair[1];
}

static int is_as_in_child(int fd, int theirs) {
  return syscall(SYS_kcmp, getpid(), child, KCMP_FILE, fd, theirs) == 0;
}

static int is_hung_up(int fd) {
  struct stat found;
  char byte;
  return fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode) && read(fd, &byte, 1) == 0;
}

static int is_made_anew(int fd, const char *kind) {
  char name[40], mine[64] = "", theirs[64] = "";
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  CHECK(readlink(name, mine, sizeof mine - 1) > 0);
  snprintf(name, sizeof name, "/proc/%d/fd/%d", child, fd);
  CHECK(readlink(name, theirs, sizeof theirs - 1) > 0);
  return strcmp(kind, "socket") != 0 && strcmp(mine, theirs) == 0 && !is_as_in_child(fd, fd);
}

/* Let a stranger of this kind have the number. */
static void replace(int fd, const char *kind) {
  int stranger = open_one(kind);
  CHECK(stranger >= 0 && dup2(stranger, fd) == fd && close(stranger) == 0);
}

int main(int count, char **words) {
  struct tjmp why;
  const char *kind = count > 1 ? words[1] : "eventfd";
  int one = open_one(kind), other = open_one(kind);
  CHECK(one >= 0 && other >= 0);
  pid_t parent = getpid();
  child = fork();
  if (child == 0) {
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    if (getppid() == parent) pause();
    _exit(0);
  }
  int first = point(&why);
  if (why.rollbacks == 0) {
    int aside = dup(one);
    CHECK(aside >= 0);
    replace(one, kind);
    tlongjmp(first, 1);
  }
  if (why.rollbacks == 1) {
    CHECK(is_as_in_child(one, one) && is_as_in_child(other, other) && why.lost == 0);
    replace(one, kind);
    int second = point(&why);
    CHECK(!is_as_in_child(one, one) && is_as_in_child(other, other) && why.lost == 0);
    if (why.rollbacks < 2) tlongjmp(second, 1);
    tlongjmp(first, 1);
  }
  CHECK((is_hung_up(one) || is_made_anew(one, kind)) && is_as_in_child(other, other));
  kill(child, SIGKILL);
  /* Of a pipe there is nothing to lose: it is the same one. */
  CHECK(strcmp(kind, "pipe") == 0 || (why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  return ok();
}
