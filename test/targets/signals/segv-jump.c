/* A call through a destroyed function pointer: into nowhere, into data. */
#include "../target.h"

static char data[64] __attribute__((aligned(64)));

int main(void) {
  struct tjmp why;
  CHECK(point(&why) == 1);
  void (*volatile wild)(void) = (void (*)(void))(why.rollbacks == 0 ? (void *)0x1234 : data);
  if (why.rollbacks < 2) wild();
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGSEGV);
  CHECK(why.ip == (uint64_t)data && why.address == (uint64_t)data && why.code == SEGV_ACCERR);
  return ok();
}
