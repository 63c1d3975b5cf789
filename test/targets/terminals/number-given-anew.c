/* A terminal that a program has closed, whose master is gone as well, is not put back: somebody
 * else has its number by now, and keeps the modes that he has set. */
#include "pty.h"
#include <stddef.h>

/* A child that has a terminal of the number `path` once it is told to. */
static struct { int told, heard; } child;

static void begin_child(void) {
  int to[2], from[2];
  CHECK(pipe(to) == 0 && pipe(from) == 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    char path[64] = "", is_raw;
    close(to[1]), close(from[0]);
    if (read(to[0], path, sizeof path) <= 0) _exit(0);
    struct pty pty = open_pty();
    struct termios raw = make_raw(pty.slave);
    is_raw = strcmp(pty.path, path) == 0;
    CHECK(write(from[1], &is_raw, 1) == 1);
    while (read(to[0], path, 1) == 1) {
      is_raw = (char)has_modes(pty.slave, &raw);
      CHECK(write(from[1], &is_raw, 1) == 1);
    }
    _exit(0);
  }
  close(to[0]), close(from[1]);
  child.told = to[1], child.heard = from[0];
}

static char ask(const void *what, size_t size) {
  char answer = 0;
  CHECK(write(child.told, what, size) == (ssize_t)size && read(child.heard, &answer, 1) == 1);
  return answer;
}

int main(void) {
  struct tjmp why;
  signal(SIGHUP, SIG_IGN);
  begin_child();
  struct pty pty = open_pty();
  point(&why);
  if (why.rollbacks == 0) {
    close(pty.slave), close(pty.master);
    if (!ask(pty.path, sizeof pty.path)) {
      /* Somebody else was faster. */
      printf("ok\n"), fflush(stdout);
      _exit(0);
    }
    fall();
  }
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) != 0 && (why.lost & TJMP_LOST_TERMINALS) != 0);
  CHECK(ask("?", 1));
  return ok();
}
