/* belay: --every 3; argument untouched storm */
/* Calls that do many things at once do all of them: messages, requests to a ring, events. */
#include "blocking.h"
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/socket.h>

enum { COUNT = 12, MS = 60 };

static volatile int is_over;
static int pair[2];

/* It leaves them to the other thread: taken here, they would end its call all the same. */
static void *storm(void *argument) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGWINCH);
  CHECK(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
  while (!is_over) {
    kill(getpid(), SIGWINCH);
    usleep(2000);
  }
  return argument;
}

static void fill_messages(struct mmsghdr *messages, struct iovec *parts, uint64_t *bodies) {
  memset(messages, 0, sizeof *messages * COUNT);
  for (int index = 0; index < COUNT; index++) {
    parts[index] = (struct iovec){&bodies[index], sizeof *bodies};
    messages[index].msg_hdr.msg_iov = &parts[index];
    messages[index].msg_hdr.msg_iovlen = 1;
  }
}

static void receive_slowly(void) {
  struct mmsghdr messages[COUNT];
  struct iovec parts[COUNT];
  uint64_t bodies[COUNT];
  pid_t child = fork();
  if (child == 0) {
    for (uint64_t body = 0; body < COUNT; body++) {
      usleep(8000);
      if (send(pair[1], &body, sizeof body, 0) != sizeof body) _exit(1);
    }
    _exit(0);
  }
  fill_messages(messages, parts, bodies);
  int count = recvmmsg(pair[0], messages, COUNT, 0, NULL);
  if (count != COUNT) fail("%d messages of %d (errno %d)", count, COUNT, errno);
  for (int index = 0; index < COUNT; index++) {
    CHECK(bodies[index] == (uint64_t)index && messages[index].msg_len == sizeof *bodies);
  }
  int error = -1;
  socklen_t size = sizeof error;
  CHECK(getsockopt(pair[0], SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0);
  CHECK(waitpid(child, NULL, 0) == child);
}

static long get_events(aio_context_t context, struct io_event *events, long ms, int has_mask) {
  struct timespec span = span_of(ms);
  if (!has_mask) return syscall(SYS_io_getevents, context, COUNT, COUNT, events, &span);
  return syscall(SYS_io_pgetevents, context, COUNT, COUNT, events, &span, NULL);
}

/* All of the events, one by one; or as many as there are when the time is up. */
static void collect_events(aio_context_t context, int count, long ms, int has_mask) {
  int both[COUNT][2];
  struct io_event events[COUNT];
  struct iocb requests[COUNT], *list[COUNT];
  memset(requests, 0, sizeof requests);
  for (int index = 0; index < COUNT; index++) {
    CHECK(pipe(both[index]) == 0);
    requests[index].aio_lio_opcode = IOCB_CMD_POLL;
    requests[index].aio_fildes = (uint32_t)both[index][0];
    requests[index].aio_buf = POLLIN;
    list[index] = &requests[index];
  }
  CHECK(syscall(SYS_io_submit, context, COUNT, list) == COUNT);
  uint64_t start = now_ns();
  for (int index = 0; count < COUNT && index < count; index++) {
    CHECK(write(both[index][1], "x", 1) == 1);
  }
  pid_t child = fork();
  if (child == 0) {
    for (int index = 0; count == COUNT && index < count; index++) {
      usleep(8000);
      if (write(both[index][1], "x", 1) != 1) _exit(1);
    }
    _exit(0);
  }
  long found = get_events(context, events, ms, has_mask);
  if (found != count) fail("%ld events of %d (errno %d)", found, count, errno);
  if (count < COUNT) CHECK(now_ns() - start >= (uint64_t)ms * 1000000);
  for (int index = 0; index < count; index++) {
    CHECK(events[index].obj == (uint64_t)(uintptr_t)&requests[index]);
  }
  CHECK(waitpid(child, NULL, 0) == child);
  for (int index = 0; index < COUNT; index++) close(both[index][0]), close(both[index][1]);
}

static void wait_for_events(void) {
  for (int has_mask = 0; has_mask < 2; has_mask++) {
    for (int count = COUNT / 2; count <= COUNT; count += COUNT / 2) {
      aio_context_t context = 0;
      if (syscall(SYS_io_setup, COUNT, &context) != 0) return; /* not to be had here */
      collect_events(context, count, count < COUNT ? MS : 20000, has_mask);
      CHECK(syscall(SYS_io_destroy, context) == 0);
    }
  }
}

/* A request for a time-out, made and waited for in one call. */
static void wait_in_ring(int ring, const struct io_uring_params *parameters) {
  size_t size = parameters->sq_off.array + parameters->sq_entries * sizeof(uint32_t) + 4096;
  int both = PROT_READ | PROT_WRITE;
  char *rings = mmap(NULL, size, both, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  struct io_uring_sqe *entry = mmap(NULL, PAGE, both, MAP_SHARED, ring, IORING_OFF_SQES);
  struct timespec span = span_of(MS);
  CHECK(rings != MAP_FAILED && entry != MAP_FAILED);
  memset(entry, 0, sizeof *entry);
  entry->opcode = IORING_OP_TIMEOUT;
  entry->addr = (uint64_t)(uintptr_t)&span;
  entry->len = 1;
  uint32_t *tail = (uint32_t *)(rings + parameters->sq_off.tail);
  uint32_t *done = (uint32_t *)(rings + parameters->cq_off.tail);
  ((uint32_t *)(rings + parameters->sq_off.array))[0] = 0;
  __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
  uint64_t start = now_ns();
  CHECK(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
  if (__atomic_load_n(done, __ATOMIC_ACQUIRE) != 1) fail("made, but not waited for");
  CHECK(now_ns() - start >= (uint64_t)MS * 1000000);
}

int main(int argc, char **argv) {
  struct io_uring_params parameters;
  pthread_t thread;
  int is_stormy = argc > 1 && strcmp(argv[1], "storm") == 0;
  CHECK(tforget(point(NULL)) == 0);
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
  if (is_stormy) CHECK(pthread_create(&thread, NULL, storm, NULL) == 0);
  for (int round = 0; round < 3; round++) {
    receive_slowly();
    wait_for_events();
    memset(&parameters, 0, sizeof parameters);
    int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);
    if (ring < 0) continue; /* not to be had here */
    wait_in_ring(ring, &parameters);
    close(ring);
  }
  is_over = 1;
  if (is_stormy) CHECK(pthread_join(thread, NULL) == 0);
  return ok();
}
