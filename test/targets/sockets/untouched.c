/* belay: argument inet unix packets */
/* Connections over which nothing went, whatever else became of them, go on unnamed. */
#include "peer.h"

enum { IDLE, UNREAD, LOOKED_AT, HUNG_UP, COUNT };

int main(int argc, char **argv) {
  struct tjmp why;
  char bytes[8];
  int fds[COUNT];
  int listening = listen_as(argc, argv);
  peer_begin(listening);
  for (int index = 0; index < COUNT; index++) fds[index] = peer_accept(listening, index);
  peer_send(fds[UNREAD], UNREAD);
  peer_send(fds[LOOKED_AT], LOOKED_AT);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(recv(fds[LOOKED_AT], bytes, sizeof bytes, MSG_PEEK) == 7);
    CHECK(peer_ask(PEER_HANG_UP, HUNG_UP, 0) == 0);
    struct pollfd ended = {fds[HUNG_UP], POLLIN, 0};
    CHECK(poll(&ended, 1, -1) == 1);
    CHECK(recv(fds[HUNG_UP], bytes, sizeof bytes, 0) == 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) == 0);
  take_request(fds[UNREAD]);
  take_request(fds[LOOKED_AT]);
  CHECK(recv(fds[HUNG_UP], bytes, sizeof bytes, 0) == 0);
  check_alive(fds[UNREAD], UNREAD);
  check_alive(fds[LOOKED_AT], LOOKED_AT);
  check_alive(fds[IDLE], IDLE);
  return ok();
}
