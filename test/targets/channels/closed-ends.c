/* belay: argument writers readers both */
/* Pipes of which one end was closed since, or both, are the same pipes again: what is in them, in
 * which packets, their size, the flags of each end, and which numbers share an open file. What goes
 * into them then is there again at a later point, too. */
#include "channels.h"
#include <linux/kcmp.h>

enum { PLAIN, PACKETS, EMPTY, PIPES };
enum { SIZE = 1 << 17, LARGEFILE = 0100000 };

struct look {
  struct stat status;
  int flags, close_on_exec, size;
};

static int ends[PIPES][2], copy, aside;
static struct look before[PIPES][2];

static struct look look(int fd) {
  struct look found;
  CHECK(fstat(fd, &found.status) == 0);
  /* By which calls of open(2) mark what they open: it says nothing of a pipe. */
  found.flags = fcntl(fd, F_GETFL) & ~LARGEFILE;
  found.close_on_exec = fcntl(fd, F_GETFD);
  found.size = fcntl(fd, F_GETPIPE_SZ);
  return found;
}

static void open_all(void) {
  CHECK(pipe(ends[PLAIN]) == 0 && pipe2(ends[EMPTY], O_CLOEXEC) == 0);
  CHECK(pipe2(ends[PACKETS], O_DIRECT | O_NONBLOCK) == 0);
  CHECK(fcntl(ends[PLAIN][1], F_SETPIPE_SZ, SIZE) == SIZE);
  CHECK(fcntl(ends[PLAIN][0], F_SETFD, FD_CLOEXEC) == 0 && fchmod(ends[EMPTY][0], 0640) == 0);
  put(ends[PLAIN][1], "plain"), put(ends[PACKETS][1], "one"), put(ends[PACKETS][1], "two");
  copy = dup(ends[PLAIN][1]), aside = dup(ends[EMPTY][0]);
  for (int index = 0; index < PIPES; index++) {
    for (int end = 0; end < 2; end++) before[index][end] = look(ends[index][end]);
  }
}

static void close_all(const char *which) {
  put(ends[EMPTY][1], "since"), put(ends[PLAIN][1], " since");
  if (strcmp(which, "readers") == 0) expect(ends[PACKETS][0], "one");
  for (int index = 0; index < PIPES; index++) {
    if (strcmp(which, "writers") != 0) close(ends[index][0]);
    if (strcmp(which, "readers") != 0) close(ends[index][1]);
  }
  if (strcmp(which, "writers") != 0) close(aside);
  if (strcmp(which, "readers") != 0) close(copy);
  /* Others have their numbers. */
  for (int count = 0; count < PIPES; count++) CHECK(open("/dev/zero", O_RDONLY) >= 0);
}

static int is_one(int fd, int other) {
  return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, fd, other) == 0;
}

static void verify_ends(void) {
  for (int index = 0; index < PIPES; index++) {
    for (int end = 0; end < 2; end++) {
      struct look is = look(ends[index][end]), *was = &before[index][end];
      if (is.status.st_ino != was->status.st_ino) fail("pipe %d, end %d is another", index, end);
      CHECK(is.status.st_dev == was->status.st_dev && is.status.st_mode == was->status.st_mode);
      if (is.flags != was->flags) fail("%d: flags %o, not %o", index, is.flags, was->flags);
      CHECK(is.close_on_exec == was->close_on_exec && is.size == was->size);
    }
  }
  CHECK(is_one(ends[PLAIN][1], copy) && is_one(ends[EMPTY][0], aside));
  CHECK(!is_one(ends[PLAIN][0], ends[PLAIN][1]));
}

static void verify_contents(void) {
  char byte;
  expect(ends[PLAIN][0], "plain"), expect(ends[PACKETS][0], "one"), expect(ends[PACKETS][0], "two");
  CHECK(read(ends[PACKETS][0], &byte, 1) == -1 && errno == EAGAIN);
  CHECK(waiting(ends[PLAIN][0]) == 0 && waiting(ends[EMPTY][0]) == 0);
}

int main(int count, char **words) {
  const char *which = count > 1 ? words[1] : "both";
  struct tjmp why;
  signal(SIGPIPE, SIG_IGN);
  open_all();
  int cd = point(&why);
  if (why.rollbacks < 3) {
    close_all(which);
    fall();
  }
  CHECK(why.lost == 0);
  verify_ends();
  verify_contents();
  /* The ends that came back are the pipe's: what is written is read, and at a later point, too. */
  put(ends[EMPTY][1], "later"), put(copy, "later");
  int later = point(&why);
  if (why.rollbacks == 0) {
    expect(aside, "later"), expect(ends[PLAIN][0], "later");
    fall();
  }
  CHECK(why.lost == 0 && tforget(later) == 0 && tforget(cd) == 0);
  expect(aside, "later"), expect(ends[PLAIN][0], "later");
  /* No end of it is with anybody else. */
  close(ends[PLAIN][1]), close(copy), close(ends[EMPTY][0]), close(aside);
  expect(ends[PLAIN][0], "");
  CHECK(write(ends[EMPTY][1], "x", 1) == -1 && errno == EPIPE);
  return ok();
}
