/* belay: argument child grandchild */
/* A pipe that a child, or a child of a child, has as well is not the program's alone: it is left as
 * it is. When nobody else has it any more it goes back like others. */
#include "channels.h"

static int gate[2], told[2];

/* Has all ends, until it is told to end. */
static pid_t begin_child(int is_grandchild) {
  char byte;
  pid_t child = fork();
  if (child != 0) return child;
  close(gate[1]);
  if (is_grandchild) {
    pid_t grandchild = fork();
    if (grandchild != 0) {
      for (int fd = 3; fd < 16; fd++) close(fd);
      waitpid(grandchild, NULL, 0);
      _exit(0);
    }
  }
  CHECK(write(told[1], "x", 1) == 1);
  _exit(read(gate[0], &byte, 1) >= 0 ? 0 : 1);
}

int main(int argc, char **argv) {
  struct tjmp why;
  char byte;
  int ends[2];
  CHECK(pipe(ends) == 0 && pipe(gate) == 0 && pipe(told) == 0);
  pid_t child = begin_child(argc > 1 && argv[1][0] == 'g');
  CHECK(read(told[0], &byte, 1) == 1);
  put(ends[1], "shared");
  point(&why);
  if (why.rollbacks == 0) {
    expect(ends[0], "shared"), put(ends[1], "since");
    fall();
  }
  CHECK(!has_lost(&why));
  expect(ends[0], "since");
  CHECK(write(gate[1], "x", 1) == 1 && waitpid(child, NULL, 0) == child);
  put(ends[1], "own");
  point(&why);
  if (why.rollbacks == 0) {
    expect(ends[0], "own"), put(ends[1], "since");
    fall();
  }
  expect(ends[0], "own");
  CHECK(why.lost == 0 && waiting(ends[0]) == 0);
  return ok();
}
