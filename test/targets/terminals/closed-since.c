/* A terminal whose modes a program has changed, and which it has closed then, has them back:
 * whoever opens it finds it as it was. */
#include "pty.h"

int main(void) {
  struct pty pty = open_pty();
  struct termios before = modes_of(pty.slave);
  struct tjmp why;
  point(&why);
  if (why.cause == TJMP_SAVED) {
    make_raw(pty.slave);
    CHECK(close(pty.slave) == 0);
    fall();
  }
  int again = open(pty.path, O_RDWR | O_NOCTTY);
  CHECK(again >= 0 && has_modes(again, &before));
  CHECK((why.lost & TJMP_LOST_TERMINALS) == 0);
  return ok();
}
