/* belay: argument stream datagram */
/* Descriptors in flight: they come out as they went in, with the bytes that they were sent with,
 * and as often. One that the program has no number for comes out, too, as long as nobody has taken
 * it; then it is lost, which is told. */
#include "channels.h"

static int pair[2];

static void give(const char *text, int fd) {
  char room[CMSG_SPACE(sizeof fd)] = "";
  struct iovec bytes = {(void *)(uintptr_t)text, strlen(text)};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
  if (fd >= 0) {
    message.msg_control = room, message.msg_controllen = sizeof room;
    struct cmsghdr *control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET, control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(control), &fd, sizeof fd);
  }
  CHECK(sendmsg(pair[0], &message, 0) == (ssize_t)strlen(text));
}

/* The bytes; the descriptor that came with them, or -1. */
static int take(const char *text) {
  char room[CMSG_SPACE(sizeof(int))], bytes[64] = "";
  struct iovec part = {bytes, strlen(text)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  message.msg_control = room, message.msg_controllen = sizeof room;
  CHECK(recvmsg(pair[1], &message, MSG_DONTWAIT) == (ssize_t)strlen(text));
  if (strcmp(bytes, text) != 0) fail("%s, not %s", bytes, text);
  struct cmsghdr *control = CMSG_FIRSTHDR(&message);
  int fd = -1;
  if (control != NULL) memcpy(&fd, CMSG_DATA(control), sizeof fd);
  return fd;
}

static int is_that(int fd, int other) {
  return fd >= 0 && syscall(SYS_kcmp, getpid(), getpid(), 0, fd, other) == 0;
}

int main(int argc, char **argv) {
  struct tjmp why;
  int type = argc > 1 && argv[1][0] == 'd' ? SOCK_DGRAM : SOCK_STREAM;
  CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
  int file = unlinked_file(PAGE, 1), other = unlinked_file(PAGE, 2), gone = unlinked_file(PAGE, 3);
  give("before", -1), give("file", file), give("between", -1), give("other", other);
  give("gone", gone);
  struct stat was, is;
  CHECK(fstat(gone, &was) == 0 && close(gone) == 0);
  point(&why);
  if (why.rollbacks == 0) {
    give("more", file);
    fall();
  }
  if (why.rollbacks == 1) {
    CHECK(why.lost == 0 && take("before") == -1 && is_that(take("file"), file));
    give("still more", -1);
    fall();
  }
  if (why.rollbacks == 3) {
    CHECK(has_lost(&why));
    return ok();
  }
  CHECK(why.lost == 0);
  CHECK(take("before") == -1 && is_that(take("file"), file));
  CHECK(take("between") == -1 && is_that(take("other"), other));
  int fd = take("gone");
  CHECK(fd >= 0 && fstat(fd, &is) == 0 && is.st_ino == was.st_ino);
  expect_empty(pair[1]);
  fall();
  return 1;
}
