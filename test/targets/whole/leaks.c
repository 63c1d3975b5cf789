/* belay: --retries 1000000; argument 60 */
/*
 * Points, rollbacks and descriptors of all sorts that come and go leave nothing behind: neither the
 * program nor its supervisor has one descriptor more. By hand, with as many rounds as one likes:
 *
 *   belay run --retries 1000000 -- leaks 10000            points and rollbacks
 *   belay run --retries 1000000 -- leaks 100000 points    points alone
 */
#include "../target.h"
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

enum { WARM_UP = 30, EACH_MAX = 12 };

struct kept {
  int round, before_own, before_tracer;
};
static struct kept kept;

static int count_descriptors(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *directory = opendir(path);
  int count = 0;
  CHECK(directory != NULL);
  while (readdir(directory) != NULL) count++;
  CHECK(closedir(directory) == 0);
  return count;
}

static int find_tracer(void) {
  char line[256];
  int tracer = 0;
  FILE *status = fopen("/proc/self/status", "r");
  CHECK(status != NULL);
  while (fgets(line, sizeof line, status) != NULL) sscanf(line, "TracerPid: %d", &tracer);
  CHECK(fclose(status) == 0);
  return tracer;
}

static int open_all(int *fds) {
  sigset_t signals;
  struct epoll_event event = {.events = EPOLLIN};
  int count = 0;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR2);
  fds[count++] = open("/proc/self/exe", O_RDONLY);
  fds[count++] = open("/dev/null", O_WRONLY);
  fds[count++] = memfd_create("leaks", 0);
  fds[count++] = eventfd(1, 0);
  fds[count++] = timerfd_create(CLOCK_MONOTONIC, 0);
  fds[count++] = signalfd(-1, &signals, 0);
  fds[count++] = inotify_init();
  CHECK(pipe(fds + count) == 0);
  count += 2;
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds + count) == 0);
  count += 2;
  fds[count++] = epoll_create1(0);
  for (int index = 0; index < count; index++) CHECK(fds[index] >= 0);
  CHECK(epoll_ctl(fds[count - 1], EPOLL_CTL_ADD, fds[3], &event) == 0);
  CHECK(inotify_add_watch(fds[6], ".", IN_CREATE) >= 0 && flock(fds[0], LOCK_SH) == 0);
  CHECK(write(fds[8], "piped", 5) == 5 && write(fds[9], "paired", 6) == 6);
  return count;
}

/* Every other one is closed, and what is left is used: it has to come back. */
static void disturb(const int *fds, int count, int round) {
  int others[EACH_MAX];
  for (int index = round % 2; index < count; index += 2) CHECK(close(fds[index]) == 0);
  open_all(others);
}

static void check_counts(int rounds) {
  int own = count_descriptors(getpid()), tracer = count_descriptors(find_tracer());
  if (kept.round == WARM_UP) {
    kept.before_own = own;
    kept.before_tracer = tracer;
  }
  if (kept.round < WARM_UP + rounds) return;
  if (own != kept.before_own || tracer != kept.before_tracer) {
    fail("after %d rounds: %d and %d of the supervisor's, and there were %d and %d", rounds, own,
         tracer, kept.before_own, kept.before_tracer);
  }
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : WARM_UP;
  int goes_back = argc < 3;
  keep(&kept, sizeof kept);
  for (; kept.round <= WARM_UP + rounds; kept.round++) {
    int fds[EACH_MAX];
    struct tjmp why;
    int count = open_all(fds);
    int cd = point(&why);
    if (goes_back && why.rollbacks == 0) {
      disturb(fds, count, kept.round);
      tlongjmp(cd, 1);
    }
    for (int index = 0; index < count; index++) CHECK(fcntl(fds[index], F_GETFD) >= 0);
    for (int index = 0; index < count; index++) CHECK(close(fds[index]) == 0);
    CHECK(tforget(cd) == 0);
    check_counts(rounds);
  }
  return ok();
}
