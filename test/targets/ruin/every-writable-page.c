/* belay: argument 1 16 */
/* Every writable page of the process overwritten with noise: libc, loader, heap, stacks, TLS. */
#include "../census.h"
#include "../crew.h"

static int writable(const struct mapping *mapping) { return mapping->permissions[1] == 'w'; }

/* Walks the table with registers only; r9 is the noise. Ends by a fall, there being no way back. */
static void overwrite_all(void) {
  __asm__ volatile(
      "movabs $0x9E3779B97F4A7C15, %%r9\n"
      "1: mov (%0), %%rdi\nmov 8(%0), %%rcx\nadd $16, %0\n"
      "test %%rdi, %%rdi\njz 3f\nshr $3, %%rcx\n"
      "2: mov %%r9, %%rax\nshr $12, %%rax\nxor %%rax, %%r9\nmov %%r9, %%rax\nshl $25, %%rax\n"
      "xor %%rax, %%r9\nmov %%r9, (%%rdi)\nadd $8, %%rdi\ndec %%rcx\njnz 2b\njmp 1b\n"
      "3: mov $8, %%eax\nmovl $1, (%%rax)" ::"r"(census->ranges)
      : "rdi", "rcx", "rax", "r9", "cc", "memory");
}

int main(int argc, char **argv) {
  struct tjmp why;
  uint64_t local[8192];
  fill(local, sizeof local, 1);
  for (int size = 10; size < 100000; size *= 2) memset(malloc((size_t)size), 1, (size_t)size);
  crew_start(crew_size(argc, argv));
  census_take();
  census_ranges(writable);
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) overwrite_all();
  CHECK(why.cause == TJMP_SIGNAL);
  verify(local, sizeof local, 1);
  if (crew_count == 0) census_verify();
  crew_finish();
  free(malloc(100000));
  return ok();
}
