/* belay: ; argument 4 1024 8192 */
/*
 * What was given up since the point (MADV_FREE), and not taken by the kernel yet, is not taken
 * behind the rollback either. Some pages, or so many that the first point is copied from an image.
 */
#include "../target.h"

int main(int argc, char **argv) {
  struct tjmp why;
  size_t size = (size_t)atoi(argc > 1 ? argv[1] : "4") * PAGE;
  char *memory = (char *)anonymous(size);
  fill(memory, size, 1);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    CHECK(madvise(memory, size, MADV_FREE) == 0);
    fall();
  }
  /* Pages that are given up next have the kernel make those before ready to be taken. */
  char *others = (char *)anonymous(size);
  fill(others, size, 2);
  CHECK(madvise(others, size, MADV_FREE) == 0);
  madvise(memory, size, MADV_PAGEOUT);
  verify(memory, size, 1);
  CHECK(why.lost == 0);
  return ok();
}
