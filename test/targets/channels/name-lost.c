/* belay: argument one both */
/* A pair of which an end was closed since is made anew; that it had got an address since it was
 * looked at for the first time is told, for the new one has another. */
#include "channels.h"

int main(int argc, char **argv) {
  int is_one = argc < 2 || argv[1][0] == 'o', pair[2], on = 1;
  struct tjmp why;
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
  point(&why);
  CHECK(setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  put(pair[0], "with an address");
  point(&why);
  if (why.rollbacks == 0) {
    close(pair[1]);
    if (!is_one) close(pair[0]);
    fall();
  }
  CHECK((why.lost & (TJMP_LOST_PEERS | TJMP_LOST_DESCRIPTORS)) != 0);
  return ok();
}
