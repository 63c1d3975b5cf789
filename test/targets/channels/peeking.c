/* belay: argument stream datagram */
/* A program that looks at what has come piece by piece (SO_PEEK_OFF) goes on where it was: no look
 * of ours moves that. */
#include "channels.h"

static int pair[2];

static void look(const char *text) {
  char bytes[16] = "";
  ssize_t size = recv(pair[1], bytes, 2, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0) size = 0;
  if (size != (ssize_t)strlen(text) || strcmp(bytes, text) != 0) fail("%zd: %s", size, bytes);
}

int main(int argc, char **argv) {
  struct tjmp why;
  int offset = 0;
  char bytes[2];
  int type = argc > 1 && argv[1][0] == 'd' ? SOCK_DGRAM : SOCK_STREAM;
  CHECK(socketpair(AF_UNIX, type, 0, pair) == 0);
  CHECK(setsockopt(pair[1], SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset) == 0);
  CHECK(send(pair[0], "ab", 2, 0) == 2 && send(pair[0], "cd", 2, 0) == 2);
  look("ab");
  point(&why);
  look("cd");
  point(&why);
  CHECK(send(pair[0], "ef", 2, 0) == 2);
  look("ef");
  CHECK(recv(pair[1], bytes, 2, MSG_DONTWAIT) == 2 && memcmp(bytes, "ab", 2) == 0);
  look("");
  if (why.rollbacks == 0) fall();
  return ok();
}
