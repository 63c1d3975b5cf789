/* Damage that leaves the falling thread able to go on: each draw is one random change, logged. */
#include "campaign.h"

#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>

int draw_protection(struct draws *d);
struct region *draw_region(struct draws *d);

enum { SMALLEST_OP = 0, OP_MMAP = 0, OP_MUNMAP, OP_MAP_OVER, OP_MREMAP, OP_MREMAP_OVER, OP_MPROTECT,
       OP_MADVISE_SMALL, OP_MADVISE_ALL, OP_NOISE, OP_WIPE, OP_FILE_NOISE, OP_BREAK_GROW,
       OP_BREAK_SHRINK, OP_STACK_GROW, OP_BORN_BARE, OP_BORN_LIBC, OP_END_THREAD, OP_RENAME,
       OP_RENAME_OTHER, OP_MASK, OP_ALTERNATE_STACK, OP_DISPOSITIONS, OP_FS_BASE, OP_LIBC_NOISE,
       OP_FILES, OPS };

static const u32 needs[OPS] = {
  [OP_MMAP] = DAMAGE_MAPPINGS, [OP_MUNMAP] = DAMAGE_MAPPINGS, [OP_MAP_OVER] = DAMAGE_MAPPINGS,
  [OP_MREMAP] = DAMAGE_MAPPINGS, [OP_MREMAP_OVER] = DAMAGE_MAPPINGS,
  [OP_MPROTECT] = DAMAGE_MAPPINGS, [OP_MADVISE_SMALL] = DAMAGE_MEMORY,
  [OP_MADVISE_ALL] = DAMAGE_MEMORY, [OP_NOISE] = DAMAGE_MEMORY, [OP_WIPE] = DAMAGE_MEMORY,
  [OP_FILE_NOISE] = DAMAGE_MEMORY, [OP_BREAK_GROW] = DAMAGE_BREAK,
  [OP_BREAK_SHRINK] = DAMAGE_BREAK, [OP_STACK_GROW] = DAMAGE_STACK,
  [OP_BORN_BARE] = DAMAGE_THREADS, [OP_BORN_LIBC] = DAMAGE_THREADS,
  [OP_END_THREAD] = DAMAGE_END_THREADS, [OP_RENAME] = DAMAGE_THREADS,
  [OP_RENAME_OTHER] = DAMAGE_THREADS, [OP_MASK] = DAMAGE_SIGNALS,
  [OP_ALTERNATE_STACK] = DAMAGE_ALTERNATE_STACK, [OP_DISPOSITIONS] = DAMAGE_SIGNALS,
  [OP_FS_BASE] = DAMAGE_LIBC, [OP_LIBC_NOISE] = DAMAGE_LIBC, [OP_FILES] = DAMAGE_FILES,
};

static void log_op(u64 op, u64 a, u64 b, u64 c, long result) {
  tell(REC_OP, op, a, b, c, (u64)result, 0);
}

static __attribute__((noinline)) void grow_stack(struct draws *d, u64 pages) {
  volatile u8 room[PAGE];
  room[draw_below(d, PAGE)] = (u8)pages;
  if (pages) grow_stack(d, pages - 1);
  room[1]++;
}

/* Others may fall from now on: a signal that is on its way then arrives after going back, too. */
static int has_borne;

static void born_idle(void *argument) {
  (void)argument;
  for (;;) sys1(SYS_pause, 0);
}
static void born_spinning(void *argument) {
  for (volatile u64 *word = argument;; (*word)++);
}
static void born_and_gone(void *argument) { (void)argument; }
static void *born_by_libc(void *argument) {
  struct draws d;
  draw_seed(&d, (u64)argument);
  void *block = malloc(100 + draw_below(&d, 100000));
  if (block && draw_below(&d, 2)) free(block);
  if (draw_below(&d, 2)) born_idle(NULL);
  return NULL;
}

static long born_bare(struct draws *d) {
  static void (*const lives[])(void *) = {born_idle, born_spinning, born_and_gone};
  long stack = sys6(SYS_mmap, 0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                    (u64)-1, 0);
  if (stack < 0) return stack;
  return spawn_bare((u64)stack + 4 * PAGE - 64, lives[draw_below(d, 3)], (void *)stack);
}

static long change_dispositions(struct draws *d) {
  static const int signals[] = {SIGHUP, SIGINT, SIGSEGV, SIGBUS, SIGTERM, SIGALRM, SIGWINCH, 40};
  u64 action[4] = {draw_below(d, 2), 0x4000000, 0, draw(d)}; /* SIG_DFL or SIG_IGN, SA_RESTORER */
  int signo = signals[draw_below(d, 8)];
  /* Random calls send this one, and it may wait: by default it would end the target itself. */
  if (signo == 40 && ways & CALLS) action[0] = 1;
  return sys4(SYS_rt_sigaction, signo, action, 0, 8);
}

static long open_files(struct draws *d) {
  sys3(SYS_lseek, data_fd, draw_below(d, data_size), SEEK_SET);
  if (draw_below(d, 2)) return sys1(SYS_dup, data_fd);
  return sys2(SYS_open, "/proc/self/exe", O_RDONLY);
}

/* Noise over the writable data of every shared library. */
static long libc_noise(struct draws *d) {
  u64 list[512];
  libc_usable = 0;
  int ranges = writable_ranges(list, 256, 1);
  for (int i = 0; i < ranges; i++) region_noise(d, list[2 * i], list[2 * i + 1] - list[2 * i], 32);
  return ranges;
}

static long change_mapping(struct draws *d, u64 op, struct region *r) {
  u64 total = r->size / PAGE, first = draw_below(d, total);
  u64 pages = 1 + draw_below(d, total - first);
  u64 at = r->address + first * PAGE, size = pages * PAGE;
  const struct region *other = draw_region(d);
  /* Where a hole was, libc's next mapping may lie, and the damage after next hit it. */
  if (op == OP_MUNMAP || op == OP_MREMAP || op == OP_MREMAP_OVER) libc_usable = 0;
  int flags = MAP_PRIVATE | MAP_FIXED, file = !draw_below(d, 3);
  switch (op) {
  case OP_MUNMAP: return sys2(SYS_munmap, at, size);
  case OP_MAP_OVER:
    return sys6(SYS_mmap, at, size, (u64)draw_protection(d),
                (u64)(file ? flags : flags | MAP_ANONYMOUS), file ? (u64)data_fd : (u64)-1,
                file ? draw_below(d, data_size / PAGE) * PAGE : 0);
  case OP_MREMAP:
    return sys4(SYS_mremap, at, size, (1 + draw_below(d, 2 * pages)) * PAGE,
                draw_below(d, 2) ? MREMAP_MAYMOVE : 0);
  case OP_MREMAP_OVER:
    if (!other->size) return 0;
    return sys6(SYS_mremap, at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, other->address, 0);
  case OP_MADVISE_SMALL:
    if (ways & ATTRIBUTES && draw_below(d, 2)) return attribute_change(d, at, size);
    return sys3(SYS_madvise, at, size, draw_below(d, 2) ? 4 : 8);
  case OP_MADVISE_ALL: return sys3(SYS_madvise, r->address, r->size, draw_below(d, 2) ? 4 : 8);
  case OP_MPROTECT: return sys3(SYS_mprotect, at, size, draw_protection(d));
  case OP_WIPE: /* let everything be written, then write it */
    sys3(SYS_mprotect, at, size, PROT_READ | PROT_WRITE);
    region_noise(d, at, size, pages > 256 ? 256 : (u32)pages);
    return 0;
  case OP_FILE_NOISE: /* the kernel's own writes: read(2) into memory */
    return sys4(SYS_pread64, data_fd, at, size, draw_below(d, data_size));
  default: region_noise(d, at, size, 1 + (u32)draw_below(d, 32)); return 0;
  }
}

static long change_process(struct draws *d, u64 op) {
  u64 now = (u64)sys1(SYS_brk, 0), stack[3] = {now, 0, 8192}, name = draw(d);
  u64 mask = draw(d) | waiting_signals();
  pthread_t thread;
  switch (op) {
  case OP_BREAK_GROW:
    mask = (u64)sys1(SYS_brk, now + (1 + draw_below(d, 64)) * PAGE);
    region_noise(d, now, mask - now, 16);
    return (long)mask;
  case OP_BREAK_SHRINK:
    libc_usable = 0;
    return sys1(SYS_brk, now - (1 + draw_below(d, 16)) * PAGE);
  case OP_STACK_GROW: grow_stack(d, 20 + draw_below(d, 400)); return 0;
  case OP_BORN_BARE: has_borne = 1; return born_bare(d);
  case OP_BORN_LIBC:
    has_borne = 1;
    return libc_usable ? pthread_create(&thread, NULL, born_by_libc, (void *)draw(d)) : -1;
  case OP_END_THREAD:
    if (!has_borne) worker_end(d);
    return 0;
  case OP_RENAME_OTHER: worker_rename(d); return 0;
  case OP_RENAME: return sys2(SYS_prctl, 15, &name);
  case OP_MASK: return sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
  case OP_ALTERNATE_STACK: return sys2(SYS_sigaltstack, stack, 0);
  case OP_DISPOSITIONS: return change_dispositions(d);
  case OP_FS_BASE:
    libc_usable = 0;
    return sys2(SYS_arch_prctl, ARCH_SET_FS, draw_below(d, 2) ? 0 : draw(d) >> 18);
  case OP_LIBC_NOISE: return libc_noise(d);
  case OP_FILES: return open_files(d);
  default: return (long)region_new(d);
  }
}

void do_one_damage(struct draws *d, u64 op) {
  struct region *r = draw_region(d);
  int on_region = op >= OP_MUNMAP && op <= OP_FILE_NOISE;
  for (int i = 0; on_region && !r->size && i < 64; i++) r = draw_region(d);
  if (op >= OPS || (on_region && !r->size)) return;
  log_op(op, r->address, r->size, 0, -1000);
  long result = on_region ? change_mapping(d, op, r) : change_process(d, op);
  log_op(op, r->address, r->size, 1, result);
}

void do_damage(struct draws *d, u64 allowed) {
  for (u64 turns = draw_below(d, 12); turns--;) {
    u64 op = draw_below(d, OPS);
    if (needs[op] & allowed) do_one_damage(d, op);
    if (ways & CALLS) calls_make(d, draw_below(d, 3));
  }
}
