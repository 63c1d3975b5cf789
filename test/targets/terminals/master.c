/* What a program has set of its pseudo-terminals by their masters is as it was: whether reading
 * tells of the other end, by a byte of its own, and whether that may be opened. */
#include "pty.h"

static int flag_of(int fd, unsigned long operation) {
  int is_set = -1;
  CHECK(ioctl(fd, operation, &is_set) == 0);
  return is_set;
}

static void set_flag(int fd, unsigned long operation, int is_set) {
  CHECK(ioctl(fd, operation, &is_set) == 0);
}

int main(void) {
  struct pty plain = open_pty(), told = open_pty();
  struct tjmp why;
  char text[8] = "";
  set_flag(told.master, TIOCPKT, 1);
  set_flag(told.master, TIOCSPTLCK, 1);
  int cd = point(&why);
  CHECK(flag_of(plain.master, TIOCGPKT) == 0 && flag_of(plain.master, TIOCGPTLCK) == 0);
  CHECK(flag_of(told.master, TIOCGPKT) == 1 && flag_of(told.master, TIOCGPTLCK) != 0);
  CHECK(why.lost == 0);
  if (why.rollbacks < 2) {
    set_flag(plain.master, TIOCPKT, 1);
    set_flag(plain.master, TIOCSPTLCK, 1);
    set_flag(told.master, TIOCPKT, 0);
    set_flag(told.master, TIOCSPTLCK, 0);
    tlongjmp(cd, 1);
  }
  CHECK(write(plain.slave, "out", 3) == 3 && write(told.slave, "out", 3) == 3);
  CHECK(read(plain.master, text, sizeof text) == 3 && memcmp(text, "out", 3) == 0);
  CHECK(read(told.master, text, sizeof text) == 4 && text[0] == TIOCPKT_DATA);
  CHECK(open(plain.path, O_RDWR | O_NOCTTY) >= 0 && open(told.path, O_RDWR | O_NOCTTY) < 0);
  return ok();
}
