/* belay: argument inet unix packets */
/* A connection that another process has, too, is not ended for it; nor one that a child took on. */
#include "peer.h"
#include <sys/prctl.h>

enum { SHARED, HANDED_ON };

/* A child that has all that is open now, for as long as this process lives. */
static void begin_holder(void) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0) return;
  close(peer_known.told);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != 1) pause();
  _exit(0);
}

int main(int argc, char **argv) {
  struct tjmp why;
  int listening = listen_as(argc, argv);
  peer_begin(listening);
  int fd = peer_accept(listening, SHARED);
  begin_holder();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    peer_send(fd, SHARED);
    take_request(fd);
    int other = peer_accept(listening, HANDED_ON);
    peer_send(other, HANDED_ON);
    begin_holder();
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) != 0);
  check_alive(fd, SHARED);
  CHECK(peer_ask(PEER_LOOK, HANDED_ON, 0) == -EAGAIN);
  return ok();
}
