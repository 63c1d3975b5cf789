/* belay: argument stream seqpacket datagram */
/* A pair of sockets goes back in both directions: consumed since, sent since; messages one by one
 * where they have boundaries, empty ones too. A limit that was lowered since is no hindrance. */
#include "channels.h"

static int pair[2], is_stream;

static void give(int fd, const char *text) {
  CHECK(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

int main(int argc, char **argv) {
  struct tjmp why;
  int small = 0, large = 0;
  socklen_t size = sizeof large;
  char byte;
  static char block[50000], in[50000];
  if (argc < 2) argv[1] = "stream";
  is_stream = strcmp(argv[1], "stream") == 0;
  int type = is_stream ? SOCK_STREAM : argv[1][0] == 's' ? SOCK_SEQPACKET : SOCK_DGRAM;
  CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
  CHECK(getsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &large, &size) == 0);
  fill(block, sizeof block, 4);
  give(pair[0], "one"), give(pair[0], "two");
  if (!is_stream) give(pair[0], "");
  CHECK(send(pair[1], block, sizeof block, 0) == sizeof block);
  point(&why);
  if (why.rollbacks < 2) {
    expect(pair[1], is_stream ? "onetwo" : "one");
    give(pair[0], "three"), give(pair[1], "four");
    if (why.rollbacks == 0) CHECK(recv(pair[0], in, sizeof in, 0) > 0);
    CHECK(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
    fall();
  }
  if (is_stream) expect(pair[1], "onetwo");
  else {
    expect(pair[1], "one"), expect(pair[1], "two");
    CHECK(recv(pair[1], &byte, 1, MSG_DONTWAIT) == 0);
  }
  expect_empty(pair[1]);
  CHECK(recv(pair[0], in, sizeof in, MSG_DONTWAIT) == sizeof in);
  verify(in, sizeof in, 4);
  expect_empty(pair[0]);
  give(pair[0], "goes on"), expect(pair[1], "goes on");
  CHECK(why.lost == 0);
  return ok();
}
