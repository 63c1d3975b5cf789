/* belay: argument stream datagram */
/* Who asks who has sent what it receives (SO_PASSCRED) is told of the program, never of belay; and
 * what is from a child that has ended keeps its bytes. */
#include "channels.h"

static int pair[2];

/* Whose bytes they were. */
static pid_t take(const char *text) {
  char room[CMSG_SPACE(sizeof(struct ucred))], bytes[64] = "";
  struct iovec part = {bytes, strlen(text)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  struct ucred who = {-1, 0, 0};
  message.msg_control = room, message.msg_controllen = sizeof room;
  CHECK(recvmsg(pair[1], &message, MSG_DONTWAIT) == (ssize_t)strlen(text));
  if (strcmp(bytes, text) != 0) fail("%s, not %s", bytes, text);
  struct cmsghdr *control = CMSG_FIRSTHDR(&message);
  CHECK(control != NULL && control->cmsg_type == SCM_CREDENTIALS);
  memcpy(&who, CMSG_DATA(control), sizeof who);
  CHECK(who.uid == getuid() && who.gid == getgid());
  return who.pid;
}

int main(int argc, char **argv) {
  struct tjmp why;
  int on = 1;
  int type = argc > 1 && argv[1][0] == 'd' ? SOCK_DGRAM : SOCK_STREAM;
  CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
  CHECK(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  CHECK(send(pair[0], "one", 3, 0) == 3 && send(pair[0], "two", 3, 0) == 3);
  pid_t child = fork();
  if (child == 0) _exit(send(pair[0], "child", 5, 0) == 5 ? 0 : 1);
  CHECK(waitpid(child, NULL, 0) == child);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(take("one") == getpid());
    CHECK(send(pair[0], "three", 5, 0) == 5);
    fall();
  }
  CHECK(take("one") == getpid() && take("two") == getpid());
  pid_t last = take("child");
  CHECK(last == child || (last == getpid() && has_lost(&why)));
  expect_empty(pair[1]);
  return ok();
}
