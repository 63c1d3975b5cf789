/* A FIFO in a file system whose both ends the program has; one that is open for both by one number;
 * and one that was opened anew by the same numbers before the point. */
#include "channels.h"

static void make(char *name) {
  strcpy(name, "/tmp/belay-target-XXXXXX");
  CHECK(mkdtemp(name) != NULL);
  strcat(name, "/f");
  CHECK(mkfifo(name, 0600) == 0);
}

static void open_ends(const char *name, int *ends) {
  ends[0] = open(name, O_RDONLY | O_NONBLOCK);
  ends[1] = open(name, O_WRONLY);
  CHECK(ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, 0) == 0);
}

static void drop(char *name) {
  unlink(name);
  *strrchr(name, '/') = 0;
  rmdir(name);
}

int main(void) {
  struct tjmp why;
  char first[64], second[64], third[64];
  int ends[2], again[2];
  make(first), make(second), make(third);
  open_ends(first, ends), open_ends(third, again);
  int both = open(second, O_RDWR);
  put(ends[1], "first"), put(both, "second");
  int former = tsetjmp(NULL);
  close(again[0]), close(again[1]);
  open_ends(third, again);
  put(again[1], "third");
  if (former < 0) drop(first), drop(second), drop(third);
  point(&why);
  if (why.rollbacks == 0) {
    expect(ends[0], "first"), expect(both, "second"), expect(again[0], "third");
    put(ends[1], "more"), put(again[1], "more");
    fall();
  }
  drop(first), drop(second), drop(third);
  expect(ends[0], "first"), expect(both, "second"), expect(again[0], "third");
  CHECK(waiting(ends[0]) == 0 && waiting(both) == 0 && waiting(again[0]) == 0 && why.lost == 0);
  return ok();
}
