/* belay: argument child bound shut */
/* A pair of sockets is not made anew where another process has an end of it, where one has an
 * address, or where one way was shut down at the point: the end that was closed is hung up, which
 * is told, and the other one is what it was, but for what was read from it: that is told, too. */
#include "channels.h"

static pid_t begin_child(void) {
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  CHECK(child > 0);
  return child;
}

int main(int argc, char **argv) {
  static pid_t child;
  const char *how = argc > 1 ? argv[1] : "child";
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  struct stat before, now;
  struct tjmp why;
  int pair[2];
  char byte;
  keep(&child, sizeof child);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && fstat(pair[0], &before) == 0);
  if (*how == 'b') CHECK(bind(pair[1], (struct sockaddr *)&name, sizeof name.sun_family) == 0);
  if (*how == 's') CHECK(shutdown(pair[1], SHUT_WR) == 0);
  if (*how == 'b') put(pair[1], "unread");
  point(&why);
  if (why.rollbacks == 0) {
    if (*how == 'c') child = begin_child();
    if (*how == 'b') expect(pair[0], "unread");
    close(pair[1]);
    fall();
  }
  if (child > 0) kill(child, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  CHECK(has_lost(&why) == (*how == 'b'));
  CHECK(fstat(pair[0], &now) == 0 && now.st_ino == before.st_ino);
  CHECK(read(pair[1], &byte, 1) == 0 && write(pair[1], "x", 1) == -1 && errno == EPIPE);
  return ok();
}
