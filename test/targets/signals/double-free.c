/* A double free: the C library finds it and aborts; its heap is whole again afterwards. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  void *volatile block = malloc(5000);
  CHECK(tforget(point(NULL)) == 0);
  CHECK(freopen("/dev/null", "w", stderr) != NULL);
  CHECK(point(&why) == 2);
  if (why.cause == TJMP_SAVED) {
    void *volatile again = block;
    free(block);
    free(again);
    fail("nobody minds a double free");
  }
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGABRT);
  memset(block, 1, 5000);
  free(block);
  for (int size = 1; size < 5000; size += 7) free(malloc((size_t)size));
  return ok();
}
