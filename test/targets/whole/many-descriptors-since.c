/* A table of descriptors that has grown since is nothing that is lost. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  point(&why);
  if (why.cause == TJMP_SAVED) {
    for (int i = 0; i < 300; i++) CHECK(dup(1) >= 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PRIVILEGES) == 0);
  return ok();
}
