/* belay: argument 0 1 2
 * Attributes of a large mapping that were changed just before a point and back after it, or only
 * after it: they come back, or `lost` says that they may not have. */
#include "../smaps.h"

static const char *const flags_of[] = {" dc", " lo", " wf"};
static char *memory;
static size_t size = 64 * MIB;

static void change(int kind, int is_set) {
  if (kind == 0) CHECK(madvise(memory, size, is_set ? MADV_DONTFORK : MADV_DOFORK) == 0);
  if (kind == 1) CHECK((is_set ? mlock(memory, PAGE) : munlock(memory, PAGE)) == 0);
  if (kind == 2) CHECK(madvise(memory, size, is_set ? MADV_WIPEONFORK : MADV_KEEPONFORK) == 0);
}

static int is_set(int kind) {
  char flags[128];
  smaps_read();
  smaps_flags(memory, flags);
  return strstr(flags, flags_of[kind]) != NULL;
}

int main(int count, char **arguments) {
  struct tjmp why;
  int kind = count > 1 ? atoi(arguments[1]) : 0;
  memory = anonymous(size);
  CHECK(madvise(memory, size, MADV_NOHUGEPAGE) == 0);
  if (kind == 1) size = PAGE;
  memset(memory, 1, size);
  point(&why);
  if (why.rollbacks == 0) {
    change(kind, 1);
    fall();
  }
  CHECK(!is_set(kind) || (why.lost & TJMP_LOST_MAPPINGS) != 0);
  if (is_set(kind)) change(kind, 0);
  for (int round = 0; round < 100; round++) CHECK(tforget(point(NULL)) == 0);
  change(kind, 1);
  point(&why);
  if (why.rollbacks == 0) {
    change(kind, 0);
    fall();
  }
  CHECK(is_set(kind) || (why.lost & TJMP_LOST_MAPPINGS) != 0);
  return ok();
}
