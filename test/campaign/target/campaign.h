/* What the campaign's target is made of: records, commands, random draws and bare system calls. */
#ifndef CAMPAIGN_H
#define CAMPAIGN_H

#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

#define PAGE 4096UL
#define MAGIC 0x4c4c4146u /* "FALL" */

enum { SYS_TSETJMP = 0xBE01, SYS_TLONGJMP = 0xBE02, SYS_TFORGET = 0xBE03 };

/* ---- bare system calls: no libc, no errno, so they work when both are destroyed ---- */
static inline long sys6(long n, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f) {
  long result;
  register u64 r10 __asm__("r10") = d;
  register u64 r8 __asm__("r8") = e;
  register u64 r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#define sys4(n, a, b, c, d) sys6(n, (u64)(a), (u64)(b), (u64)(c), (u64)(d), 0, 0)
#define sys3(n, a, b, c) sys4(n, a, b, c, 0)
#define sys2(n, a, b) sys3(n, a, b, 0)
#define sys1(n, a) sys2(n, a, 0)

/* ---- random draws: xoshiro256**, seeded by splitmix64 ---- */
struct draws {
  u64 s[4];
};
void draw_seed(struct draws *d, u64 seed);
u64 draw(struct draws *d);
static inline u64 draw_below(struct draws *d, u64 n) { return draw(d) % n; }

/* ---- the wire: 64-byte records to the checker, 64-byte commands from it ---- */
enum record_type {
  REC_HELLO = 1,
  REC_POINT,
  REC_OP,
  REC_FALL,
  REC_BAD,
  REC_PARKED,
  REC_DONE,
  REC_HELD,
  REC_REFUSED,
  REC_STORM,
  REC_CALL /* a: which caller, b: the result, c to e: the row's name */
};
struct record {
  u32 magic, type;
  u64 a, b, c, d, e, f, g;
};
struct point_record { /* REC_POINT; `why` is tsetjmp's own, its last word for who reads memory */
  u32 magic, type;
  int64_t cd;
  u8 why[56];
};
enum command_what { CMD_POINT = 1, CMD_FALL, CMD_VERIFY, CMD_FORGET, CMD_DAMAGE, CMD_QUIT };
struct command {
  u32 magic, what;
  u64 seed, damage, cd, op, hardships, unused[2];
};
void tell(u32 type, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);

/* ---- registers ---- */
enum reg { RAX, RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, R12, R13, R14, R15, RFLAGS, RSP };
struct extras { /* what belongs to a thread and is neither memory nor a register it can load */
  u64 fs, gs, mask, alternate[3], robust, tid, name[2], rseq, tid_address;
};
/* The checker knows it: in 0, out 136, break 288, extras 304, xin 448, xout 4544. */
struct frame {
  u64 in[17], out[17];
  u64 xmask, spin_address, program_break, unused;
  struct extras extras;
  u64 padding[6];
  _Alignas(64) u8 xin[4096];
  _Alignas(64) u8 xout[4096];
};
_Static_assert(offsetof(struct frame, program_break) == 288, "the checker's offset of the break");
_Static_assert(offsetof(struct frame, extras) == 304, "the checker's offset of extras");
_Static_assert(offsetof(struct frame, xin) == 448, "the checker's offset of xin");

void enter_call(struct frame *f); /* load every register, `syscall`, dump every register */
void enter_spin(struct frame *f); /* the same around a loop that waits for *spin_address */
extern const char after_call[];
void fill_frame(struct frame *f, struct draws *d);
void read_extras(struct extras *e);
u64 rseq_address(void);
u32 compare_frame(const struct frame *f); /* 0, or 1 + the index of the first difference */
long spawn_bare(u64 stack_top, void (*fn)(void *), void *argument);

/* ---- how it lives: the words of its mode ---- */
enum ways {
  SUPERVISED = 1,
  STOPS = 2, /* stops itself at each point */
  EVERY = 4, /* may go back to where it made no point itself */
  HARD = 8,  /* may be stopped for a rollback that is refused */
  CONFINED = 16,   /* in a seccomp filter of its own */
  JOBS = 32,       /* with children that stop and go on, and stopped itself from outside */
  STORMY = 64,     /* threads of it vfork again and again */
  ATTRIBUTES = 128, /* with mappings of mixed attributes */
  SECTIONS = 256,   /* threads of it are in restartable sequences */
  CALLS = 512       /* random system calls of all families */
};
extern u32 ways;
void sandbox_enter(struct draws *d);
void job_control(void);
void storms_start(struct draws *d);
void storms_blow(void);
void sections_start(struct draws *d);
void sections_shop(void);
long attribute_change(struct draws *d, u64 at, u64 size);

/* ---- random system calls: calls/ ---- */
extern char calls_report[];
void calls_start(u32 threads, const char *rows, struct draws *d);
void calls_before_point(struct draws *d);
void calls_before_fall(struct draws *d);
void calls_make(struct draws *d, u64 calls);
void calls_wait(void);
void calls_report_write(void);
void signals_start(struct draws *d);
u64 waiting_signals(void);

/* ---- worker threads ---- */
struct worker;
void workers_start(u32 count, struct draws *d);
void workers_park(struct draws *d);
u32 workers_verify(void);
u32 workers_join(void);
void worker_end(struct draws *d);
void worker_rename(struct draws *d);
u32 workers_count(void);

/* ---- random state, damage, falls ---- */
struct region {
  u64 address, size;
};
enum { REGIONS_MAX = 32 };
extern struct region regions[REGIONS_MAX];
extern int data_fd;
extern u64 data_size;
extern int libc_usable;
u64 region_new(struct draws *d);
void region_noise(struct draws *d, u64 address, u64 size, u32 writes);
void regions_start(const char *data_path, struct draws *d);
void state_prepare(struct draws *d);

enum damage { /* bits of command.damage: what may be drawn */
  DAMAGE_MEMORY = 1,
  DAMAGE_MAPPINGS = 2,
  DAMAGE_BREAK = 4,
  DAMAGE_STACK = 8,
  DAMAGE_THREADS = 16,
  DAMAGE_END_THREADS = 32,
  DAMAGE_SIGNALS = 64,
  DAMAGE_FILES = 128,
  DAMAGE_RUIN = 256,
  DAMAGE_LIBC = 512,
  /* Not drawn unless asked for: the alternate stack of a thread that lives on is not put back. */
  DAMAGE_ALTERNATE_STACK = 1024
};
void do_damage(struct draws *d, u64 allowed);
void do_one_damage(struct draws *d, u64 op);
_Noreturn void fall(struct draws *d, const struct command *c);
_Noreturn void fall_by_signal(struct draws *d, int from_born_thread);
void fall_plainly(int signo);
void ruin(struct draws *d, u64 cd);

enum hardship { /* bits of command.hardships: what is hard at the fall, which waits to be told */
  HARD_AT_ALL = 1,
  HARD_FILES = 2,
  HARD_SPACE = 4,
  HARD_DATA = 8,
  HARD_STACK = 16,
  HARD_RIGHTS = 32
};
void hardships_start(void);
void hardships_end(void);
_Noreturn void hard_fall(struct draws *d, const struct command *c);
int writable_ranges(u64 *list, int capacity, int only_libraries);
extern u64 vdso_start, vdso_end, vvar_start;

#endif
