/* A program that reads from its ring how far that has come goes on from there, and is told. */
#include "ring.h"

int main(void) {
  struct tjmp why;
  struct ring ring = make_ring(8);
  use_ring(&ring, 10);
  point(&why);
  if (why.rollbacks > 0) CHECK((why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  use_ring(&ring, 10);
  if (why.rollbacks < 2) fall();
  return ok();
}
