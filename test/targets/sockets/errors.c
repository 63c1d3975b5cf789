/* belay: argument unix tcp udp */
/* An error that waited at a socket, and was asked for since, is told no more: that is named. What
 * is unread there stays, and one that waits still is told to who asks. */
#include "peer.h"

enum { TAKEN, WAITING, COUNT };

/* Its other end was closed with something unread. */
static int make_unix(void) {
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  CHECK(write(pair[0], "unread", 6) == 6 && write(pair[1], "left", 4) == 4);
  CHECK(close(pair[1]) == 0);
  return pair[0];
}

/* Nobody is where it connects to. */
static int make_inet(int type) {
  struct sockaddr_in address = nobody(type);
  int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
  int result = connect(fd, (void *)&address, sizeof address);
  CHECK(type == SOCK_DGRAM ? result == 0 : result < 0 && errno == EINPROGRESS);
  if (type == SOCK_DGRAM) CHECK(send(fd, "x", 1, 0) == 1);
  return fd;
}

static int has_error(int fd) {
  struct pollfd one = {fd, 0, 0};
  CHECK(poll(&one, 1, 0) >= 0);
  return (one.revents & POLLERR) != 0;
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "unix";
  int type = *how == 't' ? SOCK_STREAM : SOCK_DGRAM, fds[COUNT];
  struct tjmp why;
  char bytes[8];
  for (int index = 0; index < COUNT; index++) {
    fds[index] = *how == 'u' && how[1] == 'n' ? make_unix() : make_inet(type);
    while (!has_error(fds[index])) sleep_ms(1);
  }
  point(&why);
  if (why.rollbacks < 2) {
    CHECK((why.lost & TJMP_LOST_PEERS) == 0);
    if (why.rollbacks == 1) CHECK(error_of(fds[TAKEN]) > 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) != 0 && error_of(fds[TAKEN]) == 0);
  if (strcmp(how, "unix") == 0) CHECK(recv(fds[TAKEN], bytes, sizeof bytes, 0) == 4);
  CHECK(error_of(fds[WAITING]) > 0);
  return ok();
}
