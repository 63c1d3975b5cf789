/* A pseudo-terminal of the program's own, and what its modes are. */
#ifndef PTY_H
#define PTY_H

#include "../target.h"
#include <sys/ioctl.h>
#include <termios.h>

struct pty {
  int master, slave;
  char path[64];
};

/* With modes that no other has. */
UNUSED static struct pty open_pty(void) {
  struct pty pty = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
  struct termios modes;
  CHECK(pty.master >= 0 && grantpt(pty.master) == 0 && unlockpt(pty.master) == 0);
  CHECK(ptsname_r(pty.master, pty.path, sizeof pty.path) == 0);
  pty.slave = open(pty.path, O_RDWR | O_NOCTTY);
  CHECK(pty.slave >= 0 && tcgetattr(pty.slave, &modes) == 0);
  modes.c_cc[VERASE] = '#';
  cfsetspeed(&modes, B9600);
  CHECK(tcsetattr(pty.slave, TCSANOW, &modes) == 0);
  return pty;
}

UNUSED static struct termios modes_of(int fd) {
  struct termios modes;
  memset(&modes, 0, sizeof modes);
  CHECK(tcgetattr(fd, &modes) == 0);
  return modes;
}

/* As an editor of lines has it, and slower. */
UNUSED static struct termios make_raw(int fd) {
  struct termios modes = modes_of(fd);
  cfmakeraw(&modes);
  modes.c_cc[VMIN] = 7;
  cfsetspeed(&modes, B300);
  CHECK(tcsetattr(fd, TCSANOW, &modes) == 0);
  return modes_of(fd);
}

UNUSED static int has_modes(int fd, const struct termios *wanted) {
  struct termios modes = modes_of(fd);
  return memcmp(&modes, wanted, sizeof modes) == 0;
}

/* Runs `lead` in a child that is to lead a session of its own; its exit status is this one's. */
UNUSED static int run_leader(int (*lead)(const char *path)) {
  int status = 0;
  struct pty pty = open_pty();
  pid_t leader = fork();
  CHECK(leader >= 0);
  if (leader == 0) _exit(lead(pty.path));
  CHECK(waitpid(leader, &status, 0) == leader && WIFEXITED(status));
  return WEXITSTATUS(status) == 0 ? ok() : WEXITSTATUS(status);
}

#endif
