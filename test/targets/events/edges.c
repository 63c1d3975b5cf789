/* Edges that were taken since are reported once more, and what is not ready is not: a program that
 * goes back waits for none that has been. */
#include "epoll.h"

enum { PLAIN, ONCE, ALONE, NESTED, NOT_READY, LEVEL, SOCKET };

int main(void) {
  struct tjmp why;
  int set = epoll_create1(0), outer = epoll_create1(0), sockets[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
  watch(set, make_pipe(1).out, EPOLLIN | EPOLLET, PLAIN);
  watch(set, eventfd(1, 0), EPOLLIN | EPOLLET | EPOLLONESHOT, ONCE);
  watch(set, make_pipe(1).out, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE, ALONE);
  watch(set, make_pipe(0).out, EPOLLIN | EPOLLET, NOT_READY);
  watch(set, make_pipe(1).out, EPOLLIN, LEVEL);
  watch(set, sockets[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, SOCKET);
  watch(outer, set, EPOLLIN | EPOLLET, NESTED);
  uint64_t edges = 1 << PLAIN | 1 << ONCE | 1 << ALONE | 1 << SOCKET;
  point(&why);
  CHECK(ready(outer) == 1 << NESTED && ready(set) == (edges | 1 << LEVEL));
  CHECK(ready(outer) == 0 && ready(set) == 1 << LEVEL && why.lost == 0);
  if (why.rollbacks < 3) fall();
  return ok();
}
