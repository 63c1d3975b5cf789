/* belay: --every 3; argument default ignored continue */
/* Signals that the program ignores end no call, and shorten none: untraced, it never sees them. */
#include "blocking.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>

static volatile int is_over;
static int signals[2] = {SIGCHLD, SIGWINCH};
static struct timespec span;
/* In memory that the kernel cannot write to, it cannot note what is left. */
static const struct timespec fixed_span = {0, 60000000};
static const struct timeval fixed_time = {0, 60000};
static int epoll, set, ends[2];

/* It blocks them all: one that two threads could take may wake the one and be taken by the other,
 * and the kernel tells nobody of the wake-up (docs/kernel.md). */
static void *storm(void *argument) {
  sigset_t all;
  sigfillset(&all);
  CHECK(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
  while (!is_over) {
    kill(getpid(), signals[0]);
    kill(getpid(), signals[1]);
    usleep(4000);
  }
  return argument;
}

static int is_late(long result, int error) { return result == -1 && errno == error; }

static int wait_once(int number) {
  struct epoll_event event;
  struct pollfd entry = {ends[0], POLLIN, 0};
  struct sembuf take = {0, -1, 0};
  struct timespec left = span;
  sigset_t waited;
  fd_set files;
  char byte;
  FD_ZERO(&files);
  FD_SET(ends[0], &files);
  sigemptyset(&waited);
  sigaddset(&waited, SIGUSR1);
  switch (number) {
    case 0: return epoll_wait(epoll, &event, 1, 60) == 0;
    case 1: return epoll_pwait(epoll, &event, 1, 60, &waited) == 0;
    case 2: return syscall(441, epoll, &event, 1, &span, &waited, 8) == 0;
    case 3: return is_late(recv(ends[0], &byte, 1, 0), EAGAIN);
    case 4: return is_late(semtimedop(set, &take, 1, &span), EAGAIN);
    case 5: return is_late(sigtimedwait(&waited, NULL, &span), EAGAIN);
    case 6: return poll(&entry, 1, 60) == 0;
    case 7: return syscall(SYS_ppoll, &entry, 1, &fixed_span, &waited, 8) == 0;
    case 8: return syscall(SYS_select, ends[0] + 1, &files, NULL, NULL, &fixed_time) == 0 &&
                   !FD_ISSET(ends[0], &files);
    case 9: return syscall(SYS_pselect6, ends[0] + 1, &files, 0, 0, &fixed_span, 0) == 0 &&
                   !FD_ISSET(ends[0], &files);
    case 10: return nanosleep(&left, &left) == 0;
    default: return read(ends[0], &byte, 1) == -1 && errno == EAGAIN;
  }
}

/* Never early; and not late each time: a busy machine is, now and then. */
static void wait_in_time(int number) {
  long ms = 0;
  for (int tries = 0; tries < 10; tries++) {
    uint64_t start = now_ns();
    if (!wait_once(number)) fail("call %d: errno %d", number, errno);
    ms = (long)((now_ns() - start) / 1000000);
    if (ms < 59) fail("call %d took %ld ms, not 60", number, ms);
    if (ms <= 560) return;
  }
  fail("call %d took %ld ms, not 60", number, ms);
}

static void shorten_nothing(void) {
  static char big[1 << 20];
  int both[2];
  CHECK(pipe(both) == 0);
  pid_t child = fork();
  if (child == 0) {
    char bytes[4096];
    close(both[1]);
    while (read(both[0], bytes, sizeof bytes) > 0) usleep(300);
    _exit(0);
  }
  close(both[0]);
  CHECK(write(both[1], big, sizeof big) == sizeof big);
  close(both[1]);
  CHECK(waitpid(child, NULL, 0) == child);
}

int main(int argc, char **argv) {
  struct timeval limit = {0, 60000};
  pthread_t thread;
  if (argc > 1 && strcmp(argv[1], "ignored") == 0) {
    signals[0] = SIGUSR2, signals[1] = SIGRTMIN + 3;
    signal(signals[0], SIG_IGN), signal(signals[1], SIG_IGN);
  }
  if (argc > 1 && strcmp(argv[1], "continue") == 0) signals[0] = SIGCONT, signals[1] = SIGURG;
  CHECK(tforget(point(NULL)) == 0);
  span = span_of(60);
  epoll = epoll_create1(0);
  set = semget(IPC_PRIVATE, 1, 0600);
  CHECK(epoll >= 0 && set >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  CHECK(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  CHECK(pthread_create(&thread, NULL, storm, NULL) == 0);
  /* The main thread gets them, the other one sends. */
  for (int number = 0; number < 12; number++) wait_in_time(number);
  shorten_nothing();
  is_over = 1;
  CHECK(pthread_join(thread, NULL) == 0);
  semctl(set, 0, IPC_RMID);
  return ok();
}
