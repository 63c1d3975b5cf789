/* A socket at which an error waited, which was asked for since, and that has been connected behind
 * that, is connected to nobody: the other end is told so, whatever is told of the error. */
#include "peer.h"

/* Nobody is where it connects to. */
static int refused(void) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  struct pollfd one = {socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), 0, 0};
  int listening = listen_tcp();
  CHECK(getsockname(listening, (struct sockaddr *)&address, &size) == 0 && close(listening) == 0);
  CHECK(connect(one.fd, (struct sockaddr *)&address, size) == -1 && errno == EINPROGRESS);
  while ((one.revents & POLLERR) == 0) CHECK(poll(&one, 1, -1) == 1);
  return one.fd;
}

int main(void) {
  int listening = listen_tcp(), fd = refused();
  struct sockaddr_in address, peer;
  socklen_t size = sizeof address;
  struct tjmp why;
  CHECK(getsockname(listening, (struct sockaddr *)&address, &size) == 0);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(error_of(fd) == ECONNREFUSED && fcntl(fd, F_SETFL, 0) == 0);
    /* The kernel tells once more that the first one has come to nothing. */
    if (connect(fd, (struct sockaddr *)&address, size) != 0)
      CHECK(errno == ECONNABORTED && connect(fd, (struct sockaddr *)&address, size) == 0);
    CHECK(getpeername(fd, (struct sockaddr *)&peer, &size) == 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) != 0);
  CHECK(getpeername(fd, (struct sockaddr *)&peer, &size) == -1 && errno == ENOTCONN);
  return ok();
}
