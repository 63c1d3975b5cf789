/* belay: argument inet unix packets */
/* What ended a connection once does not end others the next time: counts are those of the point. */
#include "peer.h"

enum { EACH_TIME, LAST_TIME, AT_POINT, COUNT };

int main(int argc, char **argv) {
  struct tjmp why;
  char byte;
  int fds[COUNT];
  int listening = listen_as(argc, argv);
  peer_begin(listening);
  for (int index = 0; index < COUNT; index++) fds[index] = peer_accept(listening, index);
  point(NULL);
  peer_send(fds[AT_POINT], AT_POINT);
  take_request(fds[AT_POINT]);
  CHECK(send(fds[AT_POINT], "reply", 5, 0) == 5 && peer_ask(PEER_GET, AT_POINT, 5) == 5);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    peer_send(fds[EACH_TIME], EACH_TIME);
    take_request(fds[EACH_TIME]);
    fall();
  }
  if (why.rollbacks == 1) {
    CHECK(recv(fds[EACH_TIME], &byte, 1, MSG_DONTWAIT) == 0);
    CHECK(peer_ask(PEER_END, EACH_TIME, 0) == 0);
    peer_send(fds[LAST_TIME], LAST_TIME);
    take_request(fds[LAST_TIME]);
    fall();
  }
  check_ended(fds[LAST_TIME], LAST_TIME, 0);
  check_alive(fds[AT_POINT], AT_POINT);
  return ok();
}
