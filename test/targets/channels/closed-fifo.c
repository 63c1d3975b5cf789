/* belay: argument writer reader both */
/* A FIFO of which an end was closed since, or both, is that FIFO again, also when its name is gone;
 * so is one that was open for both by one number. */
#include "channels.h"

static char name[64];

static void drop(void) {
  char folder[64];
  unlink(name);
  strcpy(folder, name);
  *strrchr(folder, '/') = 0;
  rmdir(folder);
}

static void make(void) {
  strcpy(name, "/tmp/belay-target-XXXXXX");
  CHECK(mkdtemp(name) != NULL);
  strcat(name, "/f");
  CHECK(mkfifo(name, 0600) == 0);
}

static void close_some(const char *which, const int *ends) {
  if (strcmp(which, "writer") != 0) close(ends[0]);
  if (strcmp(which, "reader") != 0) close(ends[1]);
}

int main(int count, char **words) {
  const char *which = count > 1 ? words[1] : "both";
  struct tjmp why;
  struct stat before, now;
  int named[2], unnamed[2];
  make();
  int both = open(name, O_RDWR | O_CLOEXEC);
  named[0] = open(name, O_RDONLY), named[1] = open(name, O_WRONLY | O_APPEND);
  CHECK(both >= 0 && named[0] >= 0 && named[1] >= 0);
  put(both, "both");
  drop(), make();
  unnamed[0] = open(name, O_RDONLY | O_NONBLOCK), unnamed[1] = open(name, O_WRONLY | O_CLOEXEC);
  CHECK(unnamed[0] >= 0 && unnamed[1] >= 0 && fstat(unnamed[1], &before) == 0);
  put(unnamed[1], "unnamed");
  int cd = tsetjmp(&why);
  if (cd < 0) drop();
  if (cd < 0) point(&why);
  if (why.rollbacks < 2) {
    put(unnamed[1], " since");
    close_some(which, named), close_some(which, unnamed), close(both);
    unlink(name);
    fall();
  }
  drop();
  CHECK(fstat(unnamed[1], &now) == 0 && now.st_ino == before.st_ino && now.st_dev == before.st_dev);
  CHECK(fcntl(unnamed[0], F_GETFL) == (O_RDONLY | O_NONBLOCK | 0100000));
  CHECK(fcntl(unnamed[1], F_GETFD) == FD_CLOEXEC && fcntl(both, F_GETFD) == FD_CLOEXEC);
  CHECK((fcntl(named[1], F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
  CHECK(why.lost == 0);
  expect(unnamed[0], "unnamed"), expect(named[0], "both");
  CHECK(waiting(unnamed[0]) == 0 && waiting(both) == 0);
  close(unnamed[1]), expect(unnamed[0], "");
  return ok();
}
