/* belay: argument inet unix packets */
/* A connection over which something went since the point ends cleanly for both; others go on. */
#include "peer.h"

enum { IDLE, READ, WAITING, READ_LATE, UNREAD, ANSWERED, WRITTEN, COUNT };

int main(int argc, char **argv) {
  struct tjmp why;
  int fds[COUNT];
  int listening = listen_as(argc, argv);
  peer_begin(listening);
  for (int index = 0; index < COUNT; index++) {
    fds[index] = peer_accept(listening, index);
    answer_request(fds[index], index);
    CHECK(peer_ask(PEER_GET, index, 5) == 5);
  }
  peer_send(fds[WAITING], WAITING);
  peer_send(fds[READ_LATE], READ_LATE);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    peer_send(fds[READ], READ);
    take_request(fds[READ]);
    take_request(fds[READ_LATE]);
    peer_send(fds[UNREAD], UNREAD);
    peer_send(fds[ANSWERED], ANSWERED);
    take_request(fds[ANSWERED]);
    CHECK(send(fds[ANSWERED], "reply", 5, 0) == 5);
    CHECK(send(fds[WRITTEN], "half a reply", 12, 0) == 12);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) != 0 && (why.lost & TJMP_LOST_UNSURE) == 0);
  check_ended(fds[READ], READ, 0);
  check_ended(fds[READ_LATE], READ_LATE, 0);
  check_ended(fds[ANSWERED], ANSWERED, 5);
  check_ended(fds[WRITTEN], WRITTEN, 12);
  take_request(fds[WAITING]);
  take_request(fds[UNREAD]);
  check_alive(fds[WAITING], WAITING);
  check_alive(fds[UNREAD], UNREAD);
  check_alive(fds[IDLE], IDLE);
  return ok();
}
