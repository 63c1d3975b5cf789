/* Threads that count in restartable sequences: each adds to a number of the processor it runs on,
 * which is right only if no section goes on to its end that somebody else came into. The sum is
 * what each knows to have added: after points and falls in the midst of it, too. */
#include "campaign.h"

enum { SHOPPERS = 2, STACK = 16 * PAGE, PROCESSORS = PAGE / 8 };
enum { ADDS_MAX = 20000, SPINS_MAX = 200 };
enum { SIGNATURE = 0x53053053, AREA_SIZE = 32 };

struct sequence { /* struct rseq_cs */
  u32 version, flags;
  u64 start, length, abort;
};
struct shopper { /* at the lower end of its own stack, which is not compared */
  _Alignas(32) u8 area[AREA_SIZE]; /* struct rseq */
  _Alignas(32) struct sequence sequence;
  struct draws draws;
  u64 *numbers, own;
  u32 done;
};

/* add(area, sequence, numbers, spins): 1, or 0 where it was broken off. */
__asm__(".pushsection .text\n"
        "add_one: mov %rsi, 8(%rdi)\n"
        "add_start: mov 4(%rdi), %eax\n"
        "  and $511, %eax\n"
        "  lea (%rdx,%rax,8), %r8\n"
        "  mov (%r8), %r9\n"
        "  inc %r9\n"
        "1: dec %rcx\n"
        "  jnz 1b\n"
        "  mov %r9, (%r8)\n"
        "add_end: mov $1, %eax\n"
        "  ret\n"
        "  .byte 0x0f, 0xb9, 0x3d\n"
        "  .long 0x53053053\n"
        "add_abort: xor %eax, %eax\n"
        "  ret\n"
        ".popsection\n");
u32 add_one(void *area, const struct sequence *sequence, u64 *numbers, u64 spins);
extern const char add_start[], add_end[], add_abort[];

static struct shopper *shoppers[SHOPPERS];
static u32 section_turn;

static void shop(void *argument) {
  struct shopper *s = argument;
  s->sequence = (struct sequence){0, 0, (u64)add_start, (u64)(add_end - add_start), (u64)add_abort};
  if (sys4(SYS_rseq, s->area, AREA_SIZE, 0, SIGNATURE)) sys1(SYS_exit_group, 98);
  for (u32 turn = 0;; turn++) {
    __atomic_store_n(&s->done, turn, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&section_turn, __ATOMIC_SEQ_CST) == turn)
      sys4(SYS_futex, &section_turn, FUTEX_WAIT_PRIVATE, turn, 0);
    for (u64 adds = draw_below(&s->draws, ADDS_MAX); adds--;)
      s->own += add_one(s->area, &s->sequence, s->numbers, 1 + draw_below(&s->draws, SPINS_MAX));
  }
}

void sections_start(struct draws *d) {
  long numbers = 0;
  for (int i = 0; (ways & SECTIONS) && i < SHOPPERS; i++) {
    long at = sys6(SYS_mmap, 0, STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   (u64)-1, 0);
    struct shopper *s = (struct shopper *)at;
    if (i == 0) numbers = at + STACK;
    draw_seed(&s->draws, draw(d));
    s->numbers = (u64 *)numbers;
    shoppers[i] = s;
    long tid = spawn_bare((u64)at + STACK - 64, shop, s);
    if (at < 0 || tid <= 0) sys1(SYS_exit_group, 98);
    tell(REC_STORM, (u64)tid, (u64)at, (u64)at + STACK + PAGE, 0, 0, 0);
  }
}

/* Nothing was lost, if all of them have come to the end of their turn. */
static void check_sum(void) {
  u64 sum = 0, own = 0;
  for (int i = 0; i < SHOPPERS; i++) {
    if (__atomic_load_n(&shoppers[i]->done, __ATOMIC_SEQ_CST) != section_turn) return;
    own += shoppers[i]->own;
  }
  for (int i = 0; i < PROCESSORS; i++) sum += shoppers[0]->numbers[i];
  if (sum != own) tell(REC_BAD, 0, 0, 65, own, sum, 0);
}

/* Has them add for a while, as a command is obeyed. */
void sections_shop(void) {
  if (!(ways & SECTIONS)) return;
  check_sum();
  __atomic_add_fetch(&section_turn, 1, __ATOMIC_SEQ_CST);
  sys3(SYS_futex, &section_turn, FUTEX_WAKE_PRIVATE, SHOPPERS);
}
