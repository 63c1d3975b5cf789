/* A daemon: forked twice, in a session of its own, its parent gone; its points work. */
#include "child.h"

int main(void) {
  int ends[2];
  char byte = 0;
  CHECK(tforget(point(NULL)) == 0 && pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) {
    if (fork() != 0) _exit(0);
    CHECK(setsid() == getpid());
    struct tjmp why;
    static volatile char value = 'a';
    point(&why);
    CHECK(value == 'a');
    value = 'b';
    if (why.rollbacks < 2) fall();
    CHECK(write(ends[1], "k", 1) == 1);
    _exit(0);
  }
  close(ends[1]);
  expect_exit(child, 0);
  CHECK(read(ends[0], &byte, 1) == 1 && byte == 'k');
  return ok();
}
