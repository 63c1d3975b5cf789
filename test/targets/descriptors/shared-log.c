/* A log that a program and its parent write through one open file: what the parent has written
 * since the point stays, and the program that goes back writes on behind it. */
#include "../target.h"

static int to_parent[2], to_program[2];

static void run(int log) {
  struct tjmp why;
  char byte;
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(write(log, "lost\n", 5) == 5);
    CHECK(write(to_parent[1], "", 1) == 1 && read(to_program[0], &byte, 1) == 1);
    fall();
  }
  CHECK(write(log, "after\n", 6) == 6);
  _exit(0);
}

int main(void) {
  int status = 0, log = scratch_file(0, 0);
  char byte, text[64] = "";
  CHECK(pipe(to_parent) == 0 && pipe(to_program) == 0);
  pid_t program = fork();
  CHECK(program >= 0);
  if (program == 0) {
    close(to_parent[0]);
    run(log);
  }
  close(to_parent[1]);
  if (read(to_parent[0], &byte, 1) == 1) {
    CHECK(write(log, "parent\n", 7) == 7 && write(to_program[1], "", 1) == 1);
  }
  CHECK(waitpid(program, &status, 0) == program && WIFEXITED(status));
  if (WEXITSTATUS(status) != 0) {
    scratch_remove();
    return WEXITSTATUS(status);
  }
  CHECK(pread(log, text, sizeof text, 0) == 18);
  CHECK(strcmp(text, "lost\nparent\nafter\n") == 0);
  return ok();
}
