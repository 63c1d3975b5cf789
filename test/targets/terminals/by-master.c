/* belay: argument closed unopened received others distant */
/* The modes of a pseudo-terminal of which a program has the master alone are those of the point
 * where nobody has the other end: it is closed, was never opened, or was opened since. Those that a
 * child has set for itself are left to it, and to whoever has it for his session: a process whose
 * parent is none of the program's any more. */
#include "pty.h"

static pid_t begin_child(const char *path) {
  pid_t child = fork();
  if (child == 0) {
    CHECK(open(path, O_RDWR | O_NOCTTY) >= 0);
    pause();
    _exit(0);
  }
  return child;
}

static pid_t begin_distant(const struct pty *pty) {
  pid_t distant = 0;
  int told[2];
  CHECK(pipe(told) == 0);
  pid_t child = fork();
  if (child == 0) {
    if (fork() != 0) _exit(0);
    distant = getpid();
    CHECK(close(pty->master) == 0 && setsid() > 0 && open(pty->path, O_RDWR) >= 0);
    CHECK(write(told[1], &distant, sizeof distant) == sizeof distant);
    pause();
    _exit(0);
  }
  CHECK(waitpid(child, NULL, 0) == child);
  CHECK(read(told[0], &distant, sizeof distant) == sizeof distant);
  CHECK(close(told[0]) == 0 && close(told[1]) == 0);
  return distant;
}

static int is_open_elsewhere(pid_t child) {
  char path[64], link[64] = "";
  for (int fd = 3; fd < 16; fd++) {
    snprintf(path, sizeof path, "/proc/%d/fd/%d", child, fd);
    if (readlink(path, link, sizeof link - 1) > 0 && strncmp(link, "/dev/pts/", 9) == 0 &&
        link[9] != 'p')
      return 1;
    memset(link, 0, sizeof link);
  }
  return 0;
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "closed";
  struct pty pty = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
  struct tjmp why;
  pid_t child = 0;
  if (*how != 'u') close(pty.master), pty = open_pty(), close(pty.slave);
  if (*how == 'o') child = begin_child(pty.path);
  if (*how == 'd') child = begin_distant(&pty);
  while (child > 0 && !is_open_elsewhere(child)) sleep_ms(1);
  struct termios before = modes_of(pty.master), raw;
  keep(&raw, sizeof raw);
  point(&why);
  if (why.rollbacks < 2) {
    raw = make_raw(pty.master);
    if (*how == 'r') CHECK(open(pty.path, O_RDWR | O_NOCTTY) >= 0);
    fall();
  }
  CHECK(why.lost == 0 && has_modes(pty.master, child > 0 ? &raw : &before));
  if (child > 0) kill(child, SIGKILL);
  return ok();
}
