/* Who traces the program while its memory is copied finds it without the image, and it goes on. */
#include "../tracing/tracing.h"
#include "large.h"

int main(void) {
  char *memory = large_memory();
  point(NULL);
  CHECK(had_image());
  attach_to_parent();
  CHECK(find_image() == 0);
  CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD);
  verify(memory, LARGE, 1);
  return ok();
}
