/* belay: argument inet unix packets */
/* A connection that waited to be accepted at the point, and was since, is closed: that is told. */
#include "peer.h"

enum { WAITED, LATER };

int main(int argc, char **argv) {
  struct tjmp why;
  int listening = listen_as(argc, argv);
  peer_begin(listening);
  for (int round = 0; round < 2; round++) {
    CHECK(peer_ask(PEER_CONNECT, WAITED, 0) == 0);
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) {
      if (round == 1) {
        int fd = accept(listening, NULL, NULL);
        peer_send(fd, WAITED);
        take_request(fd);
      }
      fall();
    }
    CHECK((why.lost & TJMP_LOST_UNSURE) == 0);
    if (((why.lost & TJMP_LOST_PEERS) != 0) != (round == 1)) fail("%d: lost %lx", round, why.lost);
    if (round == 0) CHECK(close(accept(listening, NULL, NULL)) == 0);
    CHECK(peer_ask(PEER_END, WAITED, 0) == 0);
    CHECK(tforget(cd) == 0);
  }
  check_alive(peer_accept(listening, LATER), LATER);
  return ok();
}
