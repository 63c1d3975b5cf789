/* Open files whose offset goes back, though others have them, too: one that the parent has, but
 * that is only read from; and one that is written to, but that a child born since has alone. */
#include "../target.h"

static void run(int input, int output) {
  struct tjmp why;
  char bytes[4];
  off_t before = lseek(output, 0, SEEK_CUR);
  pid_t child = 0;
  keep(&child, sizeof child);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      for (;;) pause();
    }
    CHECK(read(input, bytes, 4) == 4 && write(output, "lost", 4) == 4);
    fall();
  }
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(lseek(input, 0, SEEK_CUR) == 0 && lseek(output, 0, SEEK_CUR) == before);
  _exit(0);
}

int main(void) {
  int status = 0, file = scratch_file(PAGE, 1);
  int input = open(scratch_names[0], O_RDONLY);
  CHECK(input >= 0);
  pid_t program = fork();
  CHECK(program >= 0);
  if (program == 0) {
    int output = open(scratch_names[0], O_WRONLY);
    CHECK(output >= 0);
    run(input, output);
  }
  CHECK(waitpid(program, &status, 0) == program && WIFEXITED(status));
  if (WEXITSTATUS(status) != 0) {
    scratch_remove();
    return WEXITSTATUS(status);
  }
  CHECK(close(file) == 0);
  return ok();
}
