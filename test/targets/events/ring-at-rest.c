/* A ring that was not used since the point goes on from there. */
#include "ring.h"

int main(void) {
  struct tjmp why;
  struct ring ring = make_ring(8);
  use_ring(&ring, 10);
  point(&why);
  if (why.rollbacks < 2) fall();
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) == 0);
  use_ring(&ring, 10);
  return ok();
}
