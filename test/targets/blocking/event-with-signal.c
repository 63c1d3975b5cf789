/* belay: --every 1; argument read poll epoll wait reaped */
/*
 * What a call waits for comes, and right behind it a signal with a handler: the call has what it
 * waited for, as it had before the signal came. So with a child's end and its SIGCHLD. EINTR is for
 * calls that wait on; and a handler that reaps children (`reaped`) finds none left.
 */
#include "asleep.h"
#include <poll.h>
#include <sys/epoll.h>

#define ROUNDS 400

static int epoll, reaps;
static int requests[2], bytes[2];
static volatile int caught, reaped;

static void on_signal(int signo) {
  int error = errno;
  caught = signo;
  if (reaps && waitpid(-1, NULL, WNOHANG) > 0) reaped++;
  errno = error;
}

static void handle(int signo, int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  CHECK(sigaction(signo, &action, NULL) == 0);
}

/* Another process, so that it goes on while this one is stopped. */
static void send_both(pid_t parent) {
  unsigned delay;
  while (read(requests[0], &delay, sizeof delay) == sizeof delay) {
    usleep(delay);
    if (write(bytes[1], "x", 1) != 1 || kill(parent, SIGUSR1) != 0) break;
  }
  _exit(0);
}

static void wait_for_byte(const char *call, int round) {
  struct pollfd entry = {bytes[0], POLLIN, 0};
  struct epoll_event event;
  unsigned delay = 500 + (unsigned)round * 37 % 1500;
  long result = 1;
  char byte;
  caught = 0;
  CHECK(write(requests[1], &delay, sizeof delay) == sizeof delay);
  if (*call == 'p') result = poll(&entry, 1, 10000);
  if (*call == 'e') result = epoll_wait(epoll, &event, 1, 10000);
  if (*call == 'r') result = read(bytes[0], &byte, 1);
  if (result != 1) fail("%s, round %d: %ld, errno %d", call, round, result, errno);
  while (caught == 0) usleep(100);
  if (*call != 'r') CHECK(read(bytes[0], &byte, 1) == 1);
}

static void wait_for_byte_often(const char *call) {
  struct epoll_event event = {.events = EPOLLIN};
  pid_t parent = getpid();
  CHECK(pipe(requests) == 0 && pipe(bytes) == 0 && (epoll = epoll_create1(0)) >= 0);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, bytes[0], &event) == 0);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    close(requests[1]);
    send_both(parent);
  }
  handle(SIGUSR1, 0);
  for (int round = 0; round < ROUNDS; round++) wait_for_byte(call, round);
  close(requests[1]);
  CHECK(waitpid(child, NULL, 0) == child);
}

static void wait_for_child(int round) {
  int status = 0;
  pid_t parent = getpid(), child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    /* In its call: before that, a handler that reaps the child would be right. */
    while (!is_asleep(parent, parent)) continue;
    usleep(500 + (useconds_t)round * 37 % 1500);
    _exit(7);
  }
  if (waitpid(child, &status, 0) != child) fail("round %d: errno %d", round, errno);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7 && reaped == 0);
}

int main(int argc, char **argv) {
  const char *call = argc > 1 ? argv[1] : "read";
  CHECK(tforget(point(NULL)) == 0);
  if (strcmp(call, "read") == 0 || *call == 'p' || *call == 'e') {
    wait_for_byte_often(call);
    return ok();
  }
  reaps = strcmp(call, "reaped") == 0;
  handle(SIGCHLD, reaps ? SA_RESTART : 0);
  for (int round = 0; round < ROUNDS; round++) wait_for_child(round);
  return ok();
}
