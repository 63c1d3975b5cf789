/* belay: --retries 100000; argument 60 */
/* Points, their end and rollbacks leave nothing open, neither here nor in the tracer: files that
 * were closed, deleted, made anew or hung up, and points forgotten in any order. */
#include "../target.h"
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#define KINDS 13
#define WARM_UP 10

static int count_in(pid_t process) {
  char name[40];
  int count = 0;
  snprintf(name, sizeof name, "/proc/%d/fd", process);
  DIR *directory = opendir(name);
  CHECK(directory != NULL);
  while (readdir(directory) != NULL) count++;
  closedir(directory);
  return count;
}

static pid_t find_tracer(void) {
  char line[256];
  pid_t tracer = 0;
  FILE *status = fopen("/proc/self/status", "re");
  while (status && fgets(line, sizeof line, status)) sscanf(line, "TracerPid: %d", &tracer);
  fclose(status);
  return tracer;
}

static void open_all(int *fds) {
  sigset_t none;
  sigemptyset(&none);
  fds[0] = unlinked_file(PAGE, 1);
  fds[1] = memfd_create("memory", 0);
  fds[2] = open("/tmp", O_PATH);
  fds[3] = open("/proc/self/status", O_RDONLY);
  fds[4] = eventfd(3, EFD_NONBLOCK);
  fds[5] = epoll_create1(0);
  fds[6] = timerfd_create(CLOCK_MONOTONIC, 0);
  fds[7] = signalfd(-1, &none, 0);
  fds[8] = inotify_init();
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds + 9) == 0);
  CHECK(pipe(fds + 11) == 0);
  struct epoll_event event = {.events = EPOLLIN};
  CHECK(epoll_ctl(fds[5], EPOLL_CTL_ADD, fds[4], &event) == 0);
  for (int index = 0; index < KINDS; index++) CHECK(fds[index] >= 0);
}

static void close_all(const int *fds, int from) {
  for (int index = from; index < KINDS; index++) CHECK(close(fds[index]) == 0);
}

int main(int argc, char **argv) {
  static int rounds, own, theirs;
  struct tjmp why;
  int fds[KINDS], total = argc > 1 ? atoi(argv[1]) : 60;
  keep(&rounds, sizeof rounds), keep(&own, sizeof own), keep(&theirs, sizeof theirs);
  pid_t tracer = find_tracer();
  for (;;) {
    int before = point(NULL);
    open_all(fds);
    int cd = point(&why), has_fallen = why.cause == TJMP_SIGNAL;
    if (!has_fallen) {
      close_all(fds, 0);
      open_all(fds);
      close_all(fds, 4);
      fall();
    }
    close_all(fds, 0);
    CHECK(tforget(rounds % 2 == 0 ? cd : before) == 0);
    int last = point(NULL);
    CHECK(tforget(rounds % 2 == 0 ? before : cd) == 0 && tforget(last) == 0);
    rounds++;
    int own_now = count_in(getpid()), theirs_now = count_in(tracer);
    if (rounds == WARM_UP) own = own_now, theirs = theirs_now;
    if (rounds < total) continue;
    if (own_now != own) fail("%d descriptors, not %d", own_now, own);
    if (theirs_now != theirs) fail("%d descriptors with the tracer, not %d", theirs_now, theirs);
    return ok();
  }
}
