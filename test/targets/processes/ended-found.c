/* belay: --every 5 */
/* A child or thread that is seen to have ended has: what is asked of it next finds it so. */
#include "child.h"
#include <dirent.h>
#include <poll.h>

#define CHILDREN 300
#define THREADS 200

/* As tokio, systemd and event loops do: the pidfd turns readable, and then it is waited for. */
static void find_children(void) {
  for (int number = 0; number < CHILDREN; number++) {
    siginfo_t info = {0};
    pid_t child = fork();
    if (child == 0) {
      usleep(500);
      _exit(3);
    }
    struct pollfd ended = {(int)syscall(SYS_pidfd_open, child, 0), POLLIN, 0};
    CHECK(ended.fd >= 0);
    while (poll(&ended, 1, -1) != 1) CHECK(errno == EINTR);
    CHECK(waitid((idtype_t)3, (id_t)ended.fd, &info, WEXITED | WNOHANG) == 0); /* P_PIDFD */
    CHECK(info.si_pid == child && info.si_status == 3);
    close(ended.fd);
  }
}

static int count_threads(void) {
  DIR *tasks = opendir("/proc/self/task");
  int count = -2;
  CHECK(tasks != NULL);
  while (readdir(tasks) != NULL) count++;
  closedir(tasks);
  return count;
}

static void *nothing(void *argument) { return argument; }

/* Bare, the kernel takes a joined thread away some microseconds after it can be joined. */
static void find_threads(void) {
  int late = 0;
  for (int number = 0; number < THREADS; number++) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0);
    late += count_threads() != 1;
  }
  if (late > THREADS / 20) fail("%d of %d threads were joined, and there", late, THREADS);
}

static void *end_with_7(void *argument) {
  usleep(2000);
  _exit(7);
  return argument;
}

/* By whatever it ends, one that waits is told in the bare words. */
static void find_ends(void) {
  int status;
  pid_t child = fork();
  if (child == 0) _exit(259);
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3);
  child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  child = fork();
  if (child == 0) { /* The last thread ends them all: its first one has ended long before. */
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, end_with_7, NULL) == 0);
    syscall(SYS_exit, 0);
  }
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

int main(void) {
  CHECK(tforget(point(NULL)) == 0);
  find_children();
  find_threads();
  find_ends();
  return ok();
}
