/* belay: signal SIGSEGV; log io_uring 3 has taken requests since, which cannot be uncounted */
/* There is no way back behind the requests of a ring where a library counts along. */
#include "ring.h"

int main(void) {
  struct tjmp why;
  char name[] = "/tmp/liburing-XXXXXX.so";
  close(3);
  struct ring ring = make_ring(8);
  int library = mkstemps(name, 3);
  CHECK(ring.fd == 3 && library >= 0 && ftruncate(library, PAGE) == 0 && unlink(name) == 0);
  CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, library, 0) != MAP_FAILED);
  ring.is_counted = 1;
  use_ring(&ring, 10);
  point(&why);
  CHECK(why.rollbacks == 0);
  use_ring(&ring, 10);
  ok();
  fall();
  return 1;
}
