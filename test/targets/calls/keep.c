/* A kept range survives rollbacks; the bytes beside it on the same page do not. */
#include "../target.h"

static struct {
  uint64_t before;
  unsigned char kept[13];
  unsigned char beside;
  uint64_t after;
} __attribute__((packed, aligned(4096))) page = {1, {0}, 2, 3};

int main(void) {
  struct tjmp why;
  CHECK(page.before == 1);
  keep(page.kept, sizeof page.kept);
  int cd = point(&why);
  CHECK(page.before == 1 && page.beside == 2 && page.after == 3);
  CHECK(page.kept[0] == why.rollbacks && page.kept[12] == why.rollbacks);
  if (why.rollbacks == 20) return ok();
  page.kept[0]++;
  page.kept[12]++;
  page.before = page.after = 77;
  page.beside = 78;
  if (why.rollbacks % 10 == 0) fall();
  tlongjmp(cd, 0);
  fail("tlongjmp came back: errno %d", errno);
}
