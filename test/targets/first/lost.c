/*
 * An image that is killed before all is copied: there is no way back to that point, and nothing
 * that is half saved is put back. The next point has all again.
 */
#include "large.h"
#include <setjmp.h>

static sigjmp_buf handled;

static void handle(int signo) { siglongjmp(handled, signo); }

int main(void) {
  struct tjmp why;
  char *memory = large_memory();
  point(&why);
  if (why.cause != TJMP_SAVED) {
    /* All had been copied before it was killed. */
    verify(memory, LARGE, 1);
    return ok();
  }
  pid_t image = find_image();
  CHECK(had_image());
  /* It may have been quicker than this. */
  if (image == 0 || kill(image, SIGKILL) != 0) return ok();
  memset(memory, 1, LARGE / 2);
  signal(SIGSEGV, handle);
  if (sigsetjmp(handled, 1) == 0) fall();
  signal(SIGSEGV, SIG_DFL);
  for (size_t at = 0; at < LARGE / 2; at += PAGE) CHECK(memory[at] == 1);
  fill(memory, LARGE / 2, 3);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    memset(memory, 1, LARGE);
    fall();
  }
  CHECK(why.rollbacks == 1);
  verify(memory, LARGE / 2, 3);
  await_no_image();
  return ok();
}
