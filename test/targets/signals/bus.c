/* SIGBUS: a read behind the end of a mapped file. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  int fd = scratch_file(100, 1);
  volatile char *view = (char *)mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  CHECK(view != MAP_FAILED);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED && view[PAGE] == 0) fail("read behind the end");
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGBUS && why.code == BUS_ADRERR);
  CHECK(why.address == (uint64_t)(view + PAGE));
  return ok();
}
