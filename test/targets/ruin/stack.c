/* belay: argument 1 16 */
/* The whole stack smashed, from its lowest page to its very end, by a loop that needs none. */
#include "../crew.h"
#include "../maps.h"

int main(int argc, char **argv) {
  struct tjmp why;
  uint64_t local[4096];
  fill(local, sizeof local, 1);
  char *name = strdup(argv[0]), *path = strdup(getenv("PATH"));
  crew_start(crew_size(argc, argv));
  maps_save();
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    const struct mapping *stack = maps_before.list;
    while (strcmp(stack->name, "[stack]") != 0) stack++;
    __asm__ volatile("rep stosq\nret" ::"D"(stack->start), "c"((stack->end - stack->start) / 8),
                     "a"(UINT64_C(0x4141414141414141))
                     : "memory");
  }
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 2);
  verify(local, sizeof local, 1);
  CHECK(strcmp(argv[0], name) == 0 && strcmp(getenv("PATH"), path) == 0);
  crew_finish();
  return ok();
}
