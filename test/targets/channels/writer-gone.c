/* What was left in a pipe to which nobody could write any more at the point is there again, in its
 * packets, with the end behind it: whoever wrote it, a child that has ended among them. O_ASYNC
 * signals nothing of what belay does there. What a child can read, too, is left to it. */
#include "channels.h"

enum { PLAIN, OF_CHILD, PACKETS, PACKET, UNTOUCHED, EMPTY, PIPES };

static int fds[PIPES];
static volatile sig_atomic_t signals;

static void handler(int signo) { (void)signo, signals++; }

static int left(int flags, const char *one, const char *two) {
  int ends[2];
  CHECK(pipe2(ends, flags) == 0);
  if (one) put(ends[1], one);
  if (two) put(ends[1], two);
  close(ends[1]);
  return ends[0];
}

static int left_by_child(void) {
  int ends[2], status;
  CHECK(pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) _exit(write(ends[1], "of a child", 10) != 10);
  close(ends[1]);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  return ends[0];
}

/* It has the reading end, too, until `ends` is closed. */
static pid_t begin_reader(int ends[2]) {
  pid_t child = fork();
  char byte;
  if (child == 0) {
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) != 0);
  }
  CHECK(child > 0);
  return child;
}

static void expect_end(int fd) {
  CHECK(waiting(fd) == 0);
  expect(fd, "");
}

static void verify_all(void) {
  char some[4] = "";
  CHECK(read(fds[PLAIN], some, 3) == 3 && strcmp(some, "pla") == 0);
  expect(fds[PLAIN], "in"), expect(fds[OF_CHILD], "of a child");
  expect(fds[PACKETS], "one"), expect(fds[PACKETS], "two");
  CHECK(read(fds[PACKET], some, 3) == 3 && strcmp(some, "who") == 0);
  expect(fds[UNTOUCHED], "as it was");
  for (int index = 0; index < PIPES; index++) expect_end(fds[index]);
}

int main(void) {
  struct tjmp why;
  int end[2], status;
  CHECK(signal(SIGIO, handler) != SIG_ERR && pipe(end) == 0);
  int shared = left(0, "shared", NULL);
  pid_t child = begin_reader(end);
  close(end[0]);
  fds[PLAIN] = left(0, "plain", NULL), fds[PACKETS] = left(O_DIRECT, "one", "two");
  fds[PACKET] = left(O_DIRECT, "whole", NULL), fds[UNTOUCHED] = left(0, "as it was", NULL);
  fds[EMPTY] = left(0, NULL, NULL), fds[OF_CHILD] = left_by_child();
  CHECK(fcntl(fds[PLAIN], F_SETOWN, getpid()) == 0 && fcntl(fds[PLAIN], F_SETFL, O_ASYNC) == 0);
  point(&why);
  if (why.rollbacks < 3) {
    expect(fds[PLAIN], "plain"), expect_end(fds[PLAIN]);
    expect(fds[OF_CHILD], "of a child"), expect(fds[PACKETS], "one"), expect(fds[PACKET], "whole");
    if (why.rollbacks == 0) expect(shared, "shared");
    fall();
  }
  CHECK(signals == 0 && (fcntl(fds[PLAIN], F_GETFL) & O_ASYNC) != 0);
  CHECK(why.lost == 0 && waiting(shared) == 0);
  verify_all();
  close(end[1]);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  return ok();
}
