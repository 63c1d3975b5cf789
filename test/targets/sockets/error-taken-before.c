/* belay: argument udp tcp */
/* Errors that have waited at many sockets for long are asked for, each before a point that is gone
 * back to: so many points that there is no time to look at each socket. The log names none of them,
 * which ../../rollback/sockets.test.ts reads. */
#include "peer.h"

enum { SOCKETS = 48, POINTS = 150 };

static int refused(int type, struct sockaddr_in address) {
  struct pollfd one = {socket(AF_INET, type | SOCK_NONBLOCK, 0), 0, 0};
  if (connect(one.fd, (void *)&address, sizeof address) == 0) CHECK(send(one.fd, "x", 1, 0) == 1);
  while ((one.revents & POLLERR) == 0) CHECK(poll(&one, 1, -1) == 1);
  return one.fd;
}

int main(int argc, char **argv) {
  int type = argc > 1 && argv[1][0] == 't' ? SOCK_STREAM : SOCK_DGRAM, fds[SOCKETS];
  struct sockaddr_in address = nobody(type);
  struct tjmp why;
  for (int index = 0; index < SOCKETS; index++) fds[index] = refused(type, address);
  for (int index = 0; index < POINTS; index++) CHECK(tforget(point(NULL)) == 0);
  for (int index = 0; index < SOCKETS; index++) {
    CHECK(error_of(fds[index]) == ECONNREFUSED);
    int cd = point(&why);
    if (why.rollbacks == 0) tlongjmp(cd, 1);
    CHECK(tforget(cd) == 0);
  }
  return ok();
}
