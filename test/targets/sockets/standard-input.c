/* belay: argument pipe dialogue */
/*
 * A Unix socket that stands for standard input alone is as a pipe would be, whatever was read from
 * it: it goes on. One that is standard output, too, is a connection, and ends.
 */
#include "peer.h"

enum { INPUT };

int main(int argc, char **argv) {
  struct tjmp why;
  int is_dialogue = argc > 1 && strcmp(argv[1], "dialogue") == 0;
  int listening = listen_unix(SOCK_STREAM);
  int out = dup(STDOUT_FILENO);
  peer_begin(listening);
  CHECK(dup2(peer_accept(listening, INPUT), STDIN_FILENO) == STDIN_FILENO);
  if (is_dialogue) CHECK(dup2(STDIN_FILENO, STDOUT_FILENO) == STDOUT_FILENO);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    peer_send(STDIN_FILENO, INPUT);
    take_request(STDIN_FILENO);
    if (is_dialogue) CHECK(send(STDOUT_FILENO, "reply", 5, 0) == 5);
    fall();
  }
  int is_named = (why.lost & TJMP_LOST_PEERS) != 0;
  if (is_dialogue) check_ended(STDIN_FILENO, INPUT, 5);
  else check_alive(STDIN_FILENO, INPUT);
  CHECK(dup2(out, STDOUT_FILENO) == STDOUT_FILENO);
  CHECK(is_named == is_dialogue);
  return ok();
}
