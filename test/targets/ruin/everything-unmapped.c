/* belay: argument 1 16 */
/* Every mapping unmapped one by one, stack, libc, vdso and at last the running code itself. */
#include "../census.h"
#include "../crew.h"

static uint64_t own_code;

static int all_but_own(const struct mapping *mapping) {
  return strcmp(mapping->name, "[vsyscall]") != 0 &&
         !(mapping->start <= own_code && own_code < mapping->end);
}

/* Registers only: r12 walks the table, which goes next to last; then the code itself goes. */
static void unmap_all(uint64_t start, uint64_t size) {
  register uint64_t table __asm__("r12") = (uint64_t)census->ranges;
  register uint64_t code_start __asm__("r13") = start;
  register uint64_t code_size __asm__("r14") = size;
  register uint64_t table_size __asm__("r15") = CENSUS_SIZE;
  __asm__ volatile(
      "mov %%r12, %%rbx\n"
      "1: mov (%%r12), %%rdi\nmov 8(%%r12), %%rsi\nadd $16, %%r12\ntest %%rdi, %%rdi\njz 2f\n"
      "mov $11, %%eax\nsyscall\njmp 1b\n"
      "2: mov %%rbx, %%rdi\nmov %%r15, %%rsi\nmov $11, %%eax\nsyscall\n"
      "mov %%r13, %%rdi\nmov %%r14, %%rsi\nmov $11, %%eax\nsyscall\n"
      "ud2"
      : "+r"(table)
      : "r"(code_start), "r"(code_size), "r"(table_size)
      : "rbx", "rdi", "rsi", "rax", "rcx", "r11", "memory");
}

int main(int argc, char **argv) {
  struct tjmp why;
  uint64_t local[2048];
  fill(local, sizeof local, 1);
  crew_start(crew_size(argc, argv));
  own_code = (uint64_t)unmap_all;
  census_take();
  census_ranges(all_but_own);
  const struct mapping *code = maps_before.list;
  while (!(code->start <= own_code && own_code < code->end)) code++;
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) unmap_all(code->start, code->end - code->start);
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 2);
  verify(local, sizeof local, 1);
  if (crew_count == 0) census_verify();
  CHECK(now_ns() > 0 && time(NULL) > 1000000000);
  crew_finish();
  free(malloc(100000));
  return ok();
}
