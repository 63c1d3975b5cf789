/* A descriptor of the controlling terminal that was closed since leads to it again; one of
 * another terminal, which may be anybody's by now, is hung up. */
#include "../target.h"
#include <termios.h>

static int open_terminal(int *master) {
  *master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(*master >= 0 && grantpt(*master) == 0 && unlockpt(*master) == 0);
  int slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
  CHECK(slave >= 0);
  return slave;
}

static int inside(void) {
  struct tjmp why;
  int own_master, other_master;
  CHECK(setsid() > 0);
  int own = open_terminal(&own_master), other = open_terminal(&other_master);
  close(own);
  own = open(ptsname(own_master), O_RDWR); /* without O_NOCTTY: the controlling one */
  CHECK(own >= 0 && tcgetsid(own) == getsid(0));
  signal(SIGPIPE, SIG_IGN);
  point(&why);
  if (why.rollbacks < 2) {
    close(own);
    close(other);
    fall();
  }
  char bytes[8];
  CHECK(isatty(own) && write(own, "hello\n", 6) == 6);
  CHECK(read(own_master, bytes, sizeof bytes) == 7 && memcmp(bytes, "hello\r\n", 7) == 0);
  CHECK(!isatty(other) && write(other, "x", 1) == -1 && errno == EPIPE);
  return 0;
}

int main(void) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) _exit(inside());
  CHECK(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 3) return 3;
  CHECK(status == 0);
  return ok();
}
