/* belay: argument inet unix packets */
/*
 * A connection that was accepted since the point is closed, not reset: its peer gets all that was
 * written, and an end. One that waits to be accepted still waits; the socket listens on.
 */
#include "peer.h"

enum { ACCEPTED, UNREAD, LINGERING, WAITING, LATER };

static int accept_sending(int listening, int index) {
  int fd = peer_accept(listening, index);
  peer_send(fd, index);
  CHECK(send(fd, "reply", 5, 0) == 5);
  return fd;
}

int main(int argc, char **argv) {
  struct tjmp why;
  int listening = listen_as(argc, argv);
  peer_begin(listening);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    struct linger at_once = {1, 0};
    take_request(accept_sending(listening, ACCEPTED));
    accept_sending(listening, UNREAD);
    int fd = accept_sending(listening, LINGERING);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    CHECK(peer_ask(PEER_CONNECT, WAITING, 0) == 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) != 0 && (why.lost & TJMP_LOST_UNSURE) == 0);
  for (int index = ACCEPTED; index < WAITING; index++) CHECK(peer_ask(PEER_END, index, 0) == 5);
  int fd = accept(listening, NULL, NULL);
  CHECK(fd >= 0);
  check_alive(fd, WAITING);
  check_alive(peer_accept(listening, LATER), LATER);
  return ok();
}
