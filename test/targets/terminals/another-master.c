/* The master of a terminal was closed since, and another one has its number: it is not taken for
 * the one of the point, which is gone. */
#include "../target.h"
#include <termios.h>

static int open_master(void) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  return master;
}

int main(void) {
  struct tjmp why;
  char byte;
  int master = open_master();
  signal(SIGHUP, SIG_IGN);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(close(master) == 0 && open_master() == master);
    fall();
  }
  if ((why.lost & TJMP_LOST_DESCRIPTORS) == 0) fail("%x is lost", (unsigned)why.lost);
  CHECK(ptsname(master) == NULL && read(master, &byte, 1) <= 0);
  return ok();
}
