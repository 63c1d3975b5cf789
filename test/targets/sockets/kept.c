/* belay: --peers=keep; argument inet unix packets */
/* With --peers=keep a connection that was used since the point stays, and the program is told. */
#include "peer.h"

int main(int argc, char **argv) {
  struct tjmp why;
  int listening = listen_as(argc, argv);
  peer_begin(listening);
  int fd = peer_accept(listening, 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    peer_send(fd, 0);
    take_request(fd);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) != 0 && (why.lost & TJMP_LOST_UNSURE) == 0);
  CHECK(send(fd, "sorry", 5, MSG_NOSIGNAL) == 5 && peer_ask(PEER_GET, 0, 5) == 5);
  check_alive(fd, 0);
  return ok();
}
