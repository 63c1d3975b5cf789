/* Who makes random calls: the main thread, and callers that do so at the same time as it. They wait
 * in a futex while it stands at a point, and are in the midst of their calls at many a fall. */
#include "calls.h"

#include <stdlib.h>
#include <string.h>

enum { STACK_SIZE = 8 * PAGE, TABLES = 9, TURN_CALLS_MAX = 24, NAME_SIZE = 24 };

static const struct row *const tables[TABLES] = {
  descriptor_rows, lock_rows, event_rows, signal_rows, pipe_rows,
  timer_rows, shared_rows, attribute_rows, socket_rows};
static struct caller main_caller, callers[CALLERS_MAX];
static u32 count, turn, busy;
static u64 weights;
static const char *only; /* names of the rows that may be drawn, or NULL */

static u64 weight_of(const struct row *row) {
  return only && !strstr(only, row->name) ? 0 : row->weight;
}

static const struct row *draw_row(struct caller *c) {
  u64 at = pick(c, weights);
  for (int i = 0; i < TABLES; i++)
    for (const struct row *row = tables[i]; row->name; row++) {
      if (at < weight_of(row)) return row;
      at -= weight_of(row);
    }
  return tables[0];
}

static void tell_call(const struct caller *c, const struct row *row, long result) {
  struct record r = {MAGIC, REC_CALL, c->index, (u64)result, 0, 0, 0, 0, 0};
  char *name = (char *)&r.c;
  for (int i = 0; i < NAME_SIZE && row->name[i]; i++) name[i] = row->name[i];
  if (sys3(SYS_write, 1, &r, sizeof r) != sizeof r) sys1(SYS_exit_group, 90);
}

static void make_calls(struct caller *c, u64 calls) {
  while (calls--) {
    const struct row *row = draw_row(c);
    tell_call(c, row, row->make(c));
  }
}

static void live_as_caller(void *argument) {
  struct caller *c = argument;
  for (u32 mine = 0;; mine++) {
    u32 left = __atomic_sub_fetch(&busy, 1, __ATOMIC_SEQ_CST);
    if (!left) sys3(SYS_futex, &busy, FUTEX_WAKE_PRIVATE, 1);
    while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) == mine)
      sys4(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, mine, 0);
    make_calls(c, pick(c, TURN_CALLS_MAX));
  }
}

void report_callers(void) {
  report_timers(&main_caller);
  for (u32 i = 0; i < count; i++) report_timers(&callers[i]);
}

/* Until all of them wait again. */
void calls_wait(void) {
  u32 left;
  while ((left = __atomic_load_n(&busy, __ATOMIC_SEQ_CST)))
    sys4(SYS_futex, &busy, FUTEX_WAIT_PRIVATE, left, 0);
}

static void begin_turn(struct draws *d) {
  for (u32 i = 0; i < count; i++) draw_seed(&callers[i].draws, draw(d));
  __atomic_store_n(&busy, count, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
  sys3(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, CALLERS_MAX);
}

/* Some calls of the main thread, beside whatever the callers do. */
void calls_make(struct draws *d, u64 calls) {
  if (!(ways & CALLS)) return;
  draw_seed(&main_caller.draws, draw(d));
  make_calls(&main_caller, calls);
}

/* Before a point: all of them make calls, and all have made them. */
void calls_before_point(struct draws *d) {
  if (!(ways & CALLS)) return;
  begin_turn(d);
  calls_make(d, draw_below(d, TURN_CALLS_MAX));
  calls_wait();
}

/* Before a fall: they may go on with it while the damage is done. */
void calls_before_fall(struct draws *d) {
  if (!(ways & CALLS)) return;
  begin_turn(d);
  calls_make(d, draw_below(d, TURN_CALLS_MAX));
  if (draw_below(d, 2)) calls_wait();
}

void calls_start(u32 threads, const char *rows, struct draws *d) {
  const char *directory = getenv("CAMPAIGN_DIRECTORY");
  if (!(ways & CALLS)) return;
  only = rows;
  own_pid = (u64)sys1(SYS_getpid, 0);
  if (!directory || strlen(directory) >= sizeof own_directory) sys1(SYS_exit_group, 99);
  strcpy(own_directory, directory);
  for (int i = 0; i < TABLES; i++)
    for (const struct row *row = tables[i]; row->name; row++) weights += weight_of(row);
  if (!weights) sys1(SYS_exit_group, 99);
  signals_start(d);
  count = busy = threads > CALLERS_MAX ? CALLERS_MAX : threads;
  for (u32 i = 0; i < count; i++) {
    callers[i].index = i + 1;
    long at = sys6(SYS_mmap, 0, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   (u64)-1, 0);
    long tid = spawn_bare((u64)at + STACK_SIZE - 64, live_as_caller, &callers[i]);
    if (at < 0 || tid <= 0) sys1(SYS_exit_group, 99);
    tell(REC_STORM, (u64)tid, 0, 0, 0, 0, 0);
  }
  calls_wait();
}
