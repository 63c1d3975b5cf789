/* A restartable sequence that a point or a rollback interrupts is restarted, never finished. */
#include "../target.h"
#include <sys/rseq.h>

static struct {
  uint32_t version, flags;
  uint64_t start, length, abort;
} __attribute__((aligned(32))) section;

static volatile int is_over;

/* 1: came to its end with the pointer in place, 0: restarted, -1: came to its end, pointer gone. */
static int sequence(volatile struct rseq *area, long turns) {
  uint64_t left = 0;
  int ended = 0;
  __asm__ volatile(
    "lea 1f(%%rip), %%rax\n\tmov %%rax, 8(%[section])\n\t"
    "lea 2f(%%rip), %%rcx\n\tsub %%rax, %%rcx\n\tmov %%rcx, 16(%[section])\n\t"
    "lea 4f(%%rip), %%rcx\n\tmov %%rcx, 24(%[section])\n\t"
    "mov %[turns], %%rcx\n\t"
    "mov %[section], 8(%[area])\n\t"
    "1:\n\t"
    "dec %%rcx\n\tjnz 1b\n\t"
    "mov 8(%[area]), %[left]\n\t"
    "mov $1, %[ended]\n\t"
    "2:\n\t"
    "jmp 5f\n\t"
    ".byte 0x0f, 0xb9, 0x3d\n\t.long 0x53053053\n" /* the signature before where aborts go */
    "4:\n\t"
    "mov $0, %[ended]\n\t"
    "5:\n\t"
    : [left] "+&r"(left), [ended] "+&r"(ended)
    : [section] "r"(&section), [area] "r"(area), [turns] "r"(turns)
    : "rax", "rcx", "memory", "cc");
  area->rseq_cs = 0;
  return !ended ? 0 : left == (uint64_t)(uintptr_t)&section ? 1 : -1;
}

/* What a thread may do with its own processor's data while others run on it, again and again. */
static void *repeat(void *argument) {
  volatile struct rseq *area = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
  while (!is_over) {
    if (sequence(area, 3000000) < 0) fail("a sequence was finished although interrupted");
  }
  return argument;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  uint64_t end = now_ns() + 1500000000;
  int cd = point(&why);
  if (__rseq_size == 0) return ok(); /* this libc or kernel has none */
  CHECK(tforget(cd) == 0);
  CHECK(pthread_create(&thread, NULL, repeat, NULL) == 0);
  /* Dispositions that change, and mappings, make belay ask the program by calls of its own. */
  for (int round = 0; now_ns() < end; round++) {
    signal(SIGUSR1, round % 2 ? SIG_IGN : SIG_DFL);
    void *map = anonymous(PAGE);
    cd = point(&why);
    munmap(map, PAGE);
    sleep_ms(3);
    if (why.rollbacks < 2 && round % 3 == 0) fall();
    CHECK(tforget(cd) == 0);
  }
  is_over = 1;
  CHECK(pthread_join(thread, NULL) == 0);
  return ok();
}
