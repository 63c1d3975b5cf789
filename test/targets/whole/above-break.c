/* What stands right above the program break keeps it from being raised again: the jump is refused
 * with nothing touched. */
#include "../maps.h"

int main(void) {
  struct tjmp why;
  char *heap = (char *)sbrk((intptr_t)(PAGE - (uint64_t)sbrk(0) % PAGE));
  heap = (char *)sbrk(16 * PAGE);
  char *above = heap + 16 * PAGE;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  CHECK(mmap(above, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) == above);
  fill(heap, 17 * PAGE, 1);
  int cd = point(&why);
  CHECK(why.cause == TJMP_SAVED);
  CHECK(sbrk(-(intptr_t)(8 * PAGE)) == above);
  CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE);
  verify(heap, 8 * PAGE, 1);
  CHECK(sbrk(0) == above - 8 * PAGE);
  return ok();
}
