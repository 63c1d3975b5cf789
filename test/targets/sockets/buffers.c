/*
 * The sizes of buffers are those of the point, and the kernel's to choose where they were. One that
 * is left smaller, for lack of privilege, is named; and so is a device that it stays bound to.
 */
#include "peer.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

enum { LOOPBACK = 1 };

static int get(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  CHECK(getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0);
  return value;
}

static int set(int fd, int name, int value) {
  return setsockopt(fd, SOL_SOCKET, name, &value, sizeof value);
}

int main(void) {
  static const int names[] = {SO_RCVBUF, SO_SNDBUF, SO_BUF_LOCK, SO_BINDTOIFINDEX};
  struct tjmp why;
  int was[4], differs = 0;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  for (int index = 0; index < 4; index++) was[index] = get(fd, names[index]);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(set(fd, SO_RCVBUF, 5000) == 0 && set(fd, SO_SNDBUF, 5000) == 0);
    CHECK(set(fd, SO_BINDTOIFINDEX, LOOPBACK) == 0);
    fall();
  }
  for (int index = 0; index < 4; index++) differs |= get(fd, names[index]) != was[index];
  if (geteuid() == 0 && differs) fail("sizes are not as they were");
  if (((why.lost & TJMP_LOST_PEERS) != 0) != differs) fail("lost %lx", (unsigned long)why.lost);
  CHECK((why.lost & TJMP_LOST_UNSURE) == 0);
  return ok();
}
