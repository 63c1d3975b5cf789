/* A socket that was connected since the point is connected to nobody, and can be once more. */
#include "peer.h"

int main(void) {
  struct tjmp why;
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int listening = listen_tcp();
  CHECK(getsockname(listening, (struct sockaddr *)&address, &size) == 0);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(send(fd, "request", 7, 0) == 7);
    fall();
  }
  size = sizeof address;
  CHECK(getpeername(fd, (struct sockaddr *)&address, &size) < 0 && errno == ENOTCONN);
  size = sizeof address;
  CHECK(getsockname(listening, (struct sockaddr *)&address, &size) == 0);
  CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(send(fd, "request", 7, 0) == 7);
  return ok();
}
