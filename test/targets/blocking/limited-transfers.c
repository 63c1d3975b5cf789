/* belay: --every 3 */
/* A transfer whose socket has a time limit is whole, or ends with a part when that has passed. */
#include "blocking.h"
#include <sys/sendfile.h>
#include <sys/socket.h>

enum { SIZE = 1 << 20, COUNT = 20, PART = 1000, MS = 200 };

static char out[SIZE], in[SIZE];
static int ends[2];

static void open_ends(int type, int option, long ms) {
  struct timeval limit = {ms / 1000, ms % 1000 * 1000};
  CHECK(socketpair(AF_UNIX, type, 0, ends) == 0);
  CHECK(setsockopt(ends[0], SOL_SOCKET, option, &limit, sizeof limit) == 0);
}

static void close_ends(pid_t child) {
  CHECK(close(ends[0]) == 0 && waitpid(child, NULL, 0) == child);
}

static pid_t slow_reader(int size) {
  pid_t child = fork();
  if (child != 0) return close(ends[1]) == 0 ? child : -1;
  close(ends[0]);
  for (int done = 0; done < size; usleep(2000)) {
    ssize_t more = read(ends[1], in, 16384);
    if (more <= 0) break;
    done += (int)more;
  }
  if (size < SIZE) usleep(2 * MS * 1000);
  _exit(0);
}

static void write_parts(int count, useconds_t pause_us) {
  for (int index = 0; index < count; index++) {
    usleep(pause_us);
    CHECK(write(ends[1], out, PART) == PART);
  }
}

/* All the parts, slowly; or half of them at once, and then nothing, but no end of file either. */
static pid_t writer(int count) {
  if (count < COUNT) write_parts(count, 0);
  pid_t child = fork();
  if (child != 0) return child;
  close(ends[0]);
  if (count == COUNT) write_parts(count, 5000);
  _exit(0);
}

static void end_child(pid_t child) {
  close_ends(child);
  close(ends[1]);
}

static void check_ms(uint64_t start, long least, const char *what) {
  long ms = (long)((now_ns() - start) / 1000000);
  if (ms < least - 1 || ms > least + 2000) fail("%s took %ld ms, not %ld", what, ms, least);
}

static void send_whole(int option, int file) {
  open_ends(SOCK_STREAM, option, 20000);
  pid_t child = slow_reader(SIZE);
  ssize_t size = file < 0 ? write(ends[0], out, SIZE) : sendfile(ends[0], file, NULL, SIZE);
  if (size != SIZE) fail("sent %zd of %d (errno %d)", size, SIZE, errno);
  close_ends(child);
}

static void receive(int count, long ms) {
  open_ends(SOCK_STREAM, SO_RCVTIMEO, ms);
  pid_t child = writer(count);
  uint64_t start = now_ns();
  ssize_t size = recv(ends[0], in, COUNT * PART, MSG_WAITALL);
  if (size != count * PART) fail("received %zd of %d (errno %d)", size, count * PART, errno);
  if (count < COUNT) check_ms(start, ms, "receiving");
  end_child(child);
}

static void send_part(void) {
  open_ends(SOCK_STREAM, SO_SNDTIMEO, MS);
  pid_t child = slow_reader(SIZE / 4);
  uint64_t start = now_ns();
  ssize_t size = write(ends[0], out, SIZE);
  if (size <= 0 || size >= SIZE) fail("sent %zd (errno %d)", size, errno);
  check_ms(start, MS, "sending");
  close_ends(child);
}

static struct mmsghdr messages[COUNT];

static void fill_messages(void) {
  static struct iovec part = {in, PART};
  memset(messages, 0, sizeof messages);
  for (int index = 0; index < COUNT; index++) {
    messages[index].msg_hdr.msg_iov = &part;
    messages[index].msg_hdr.msg_iovlen = 1;
  }
}

static void receive_messages(int count, long ms) {
  fill_messages();
  open_ends(SOCK_DGRAM, SO_RCVTIMEO, ms);
  pid_t child = writer(count);
  uint64_t start = now_ns();
  int received = recvmmsg(ends[0], messages, COUNT, 0, NULL);
  if (received != count) fail("%d messages of %d (errno %d)", received, count, errno);
  if (count < COUNT) check_ms(start, ms, "receiving messages");
  end_child(child);
}

/* A limit of the call's own is looked at behind each message: one comes too late here. */
static int receive_in_time(int count, long ms, long pause_ms) {
  struct timespec span = span_of(ms);
  int error = -1;
  socklen_t size = sizeof error;
  fill_messages();
  open_ends(SOCK_DGRAM, SO_RCVTIMEO, 0);
  pid_t child = fork();
  if (child == 0) {
    write_parts(COUNT, (useconds_t)pause_ms * 1000);
    _exit(0);
  }
  int received = recvmmsg(ends[0], messages, COUNT, 0, &span);
  if (received < count) fail("%d messages of %d in time (errno %d)", received, count, errno);
  CHECK(getsockopt(ends[0], SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0);
  CHECK(count < COUNT ? span.tv_sec + span.tv_nsec == 0 : span.tv_sec > 0);
  kill(child, SIGKILL);
  end_child(child);
  return received == count;
}

int main(void) {
  int file = unlinked_file(SIZE, 7);
  CHECK(tforget(point(NULL)) == 0);
  for (int round = 0; round < 2; round++) {
    send_whole(SO_SNDTIMEO, -1);
    send_whole(SO_RCVTIMEO, -1);
    CHECK(lseek(file, 0, SEEK_SET) == 0);
    send_whole(SO_SNDTIMEO, file);
    receive(COUNT, 20000);
    receive(COUNT / 2, MS);
    send_part();
    receive_messages(COUNT, 20000);
    receive_messages(COUNT / 2, MS);
    CHECK(receive_in_time(COUNT, 20000, 5));
    int tries = 1;
    /* A busy machine is late now and then, but not each time. */
    while (!receive_in_time(1, MS / 2, 4 * MS)) CHECK(tries++ < 10);
  }
  return ok();
}
