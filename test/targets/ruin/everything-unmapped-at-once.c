/* belay: argument 1 16 */
/* munmap of the whole address space in one call; the program falls, whatever came of it. */
#include "../census.h"
#include "../crew.h"

int main(int argc, char **argv) {
  struct tjmp why;
  uint64_t local[2048];
  fill(local, sizeof local, 1);
  crew_start(crew_size(argc, argv));
  census_take();
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    __asm__ volatile(
        "syscall\n"
        "ud2" ::"a"((long)SYS_munmap), "D"(0L), "S"(UINT64_C(0x7FFFFFFFF000))
        : "rcx", "r11", "memory");
  }
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 2);
  verify(local, sizeof local, 1);
  if (crew_count == 0) census_verify();
  CHECK(now_ns() > 0);
  crew_finish();
  return ok();
}
