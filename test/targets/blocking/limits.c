/* belay: --every 3 */
/* Time limits hold for calls that wait for events, whichever way they are told, and to the end. */
#include "blocking.h"
#include <linux/io_uring.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { MS = 80, EPOLL_PWAIT2 = 441 };

static struct timespec span;
static unsigned long aio;
static int epoll, pair[2], ring = -1;

static int wait_for_ring(void) {
  struct {
    uint64_t mask;
    uint32_t mask_size, min_wait;
    uint64_t limit;
  } argument = {0, 8, 0, (uint64_t)(uintptr_t)&span};
  if (ring < 0) return 0; /* not to be had: nothing to see */
  long result = syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS | 8, &argument,
                        sizeof argument);
  CHECK(result == -1 && errno == ETIME);
  return 1;
}

/* The same by `int 0x80`: its table of calls is another. */
static long old_epoll_wait(long ms) {
  long result;
  static struct epoll_event *event;
  if (event == NULL) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT;
    event = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    CHECK(event != MAP_FAILED);
  }
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "0"(256), "b"((long)epoll), "c"(event), "d"(1L), "S"(ms)
                   : "memory", "r8", "r9", "r10", "r11");
  return result;
}

static long old_poll(long ms) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "0"(168), "b"(0L), "c"(0L), "d"(ms)
                   : "memory", "r8", "r9", "r10", "r11");
  return result;
}

/* Whether this kernel has the old table of calls at all. */
static int has_old_calls(void) {
  int status;
  pid_t child = fork();
  if (child == 0) _exit(old_poll(0) == 0 ? 0 : 1);
  return waitpid(child, &status, 0) == child && status == 0;
}

static int wait_once(int number) {
  char events[256];
  struct iovec part = {events, sizeof events};
  struct mmsghdr messages[2];
  memset(messages, 0, sizeof messages);
  messages[0].msg_hdr.msg_iov = messages[1].msg_hdr.msg_iov = &part;
  messages[0].msg_hdr.msg_iovlen = messages[1].msg_hdr.msg_iovlen = 1;
  switch (number) {
    case 0: CHECK(syscall(EPOLL_PWAIT2, epoll, events, 1, &span, NULL, 0) == 0); return 1;
    case 1: CHECK(aio == 0 || syscall(SYS_io_getevents, aio, 1, 1, events, &span) == 0);
      return aio != 0;
    case 2: CHECK(aio == 0 || syscall(SYS_io_pgetevents, aio, 1, 1, events, &span, NULL) == 0);
      return aio != 0;
    case 3: CHECK(recvmmsg(pair[0], messages, 2, 0, NULL) == -1 && errno == EAGAIN); return 1;
    case 4: return wait_for_ring();
    case 5: CHECK(old_epoll_wait(MS) == 0); return 1;
    default: CHECK(old_poll(MS) == 0); return 1;
  }
}

int main(void) {
  struct io_uring_params parameters;
  struct timeval limit = {0, MS * 1000};
  CHECK(tforget(point(NULL)) == 0);
  span = span_of(MS);
  epoll = epoll_create1(0);
  memset(&parameters, 0, sizeof parameters);
  ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);
  if (syscall(SYS_io_setup, 4, &aio) != 0) aio = 0;
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
  CHECK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  int kinds = has_old_calls() ? 7 : 5;
  for (int number = 0, late = 0; number < 2 * kinds; number++) {
    uint64_t start = now_ns();
    if (!wait_once(number % kinds)) continue;
    long ms = (long)((now_ns() - start) / 1000000);
    /* A busy machine is late now and then, but not each time. */
    if (ms > MS + 500 && late++ < 10) number--;
    else if (ms < MS - 1 || ms > MS + 500)
      fail("call %d took %ld ms, not %d", number % kinds, ms, MS);
  }
  return ok();
}
