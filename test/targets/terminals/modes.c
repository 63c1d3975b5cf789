/* A program makes its terminal raw, falls, and is back where it gives lines: with the speed and the
 * special characters of the point. What was typed meanwhile is still there to be read. */
#include "pty.h"

int main(void) {
  struct pty pty = open_pty();
  struct termios before = modes_of(pty.slave);
  struct tjmp why;
  char line[16] = "";
  point(&why);
  if (why.cause == TJMP_SAVED) {
    make_raw(pty.slave);
    CHECK(write(pty.master, "typed\n", 6) == 6);
    fall();
  }
  CHECK(has_modes(pty.slave, &before) && why.lost == 0);
  CHECK(read(pty.slave, line, sizeof line) == 6 && memcmp(line, "typed\n", 6) == 0);
  return ok();
}
