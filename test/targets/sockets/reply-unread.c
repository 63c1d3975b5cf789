/* belay: argument inet unix packets */
/*
 * A reply that the peer had not read at the point, as when the point is made right behind it: that
 * it is read since ends nothing; that something is asked since does.
 */
#include "peer.h"

enum { UNREAD, READ, ASKED, ASKED_UNREAD, WRITTEN, COUNT };

int main(int argc, char **argv) {
  struct tjmp why;
  int fds[COUNT];
  int listening = listen_as(argc, argv);
  peer_begin(listening);
  for (int index = 0; index < COUNT; index++) {
    fds[index] = peer_accept(listening, index);
    answer_request(fds[index], index);
  }
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(peer_ask(PEER_GET, READ, 5) == 5);
    CHECK(peer_ask(PEER_GET, ASKED, 5) == 5);
    peer_send(fds[ASKED], ASKED);
    take_request(fds[ASKED]);
    peer_send(fds[ASKED_UNREAD], ASKED_UNREAD);
    take_request(fds[ASKED_UNREAD]);
    CHECK(send(fds[WRITTEN], "more", 4, 0) == 4);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) != 0 && (why.lost & TJMP_LOST_UNSURE) == 0);
  check_ended(fds[ASKED], ASKED, 0);
  check_ended(fds[ASKED_UNREAD], ASKED_UNREAD, 5);
  check_ended(fds[WRITTEN], WRITTEN, 9);
  CHECK(peer_ask(PEER_GET, UNREAD, 5) == 5);
  check_alive(fds[UNREAD], UNREAD);
  check_alive(fds[READ], READ);
  return ok();
}
