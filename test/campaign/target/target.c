/* The campaign's target: sets points with every register full, falls as told, and waits to be read.
 *
 *   target DATA_FILE SEED THREADS MODE      MODE: belay or plain, then any of
 *     ,stops   stops itself at each point
 *     ,every   may go back to where it made no point itself
 *     and so on: enum ways
 *     ,only:ROWS  last: the rows of random calls that may be drawn
 *
 * Commands come on standard input, records go to standard output; both are 64 bytes long. `plain`
 * makes no belay calls: the checker tests itself with it. */
#include "campaign.h"

#include <stdlib.h>

static struct frame point_frame;
static struct point_record point;
u32 ways;

static void on_fault(int signo) { /* belay must have caught it: no handler may ever run */
  tell(REC_BAD, 0, 0, 63, (u64)signo, 0, 0);
  sys1(SYS_exit_group, 95);
}

/* Stands still, to be read. Leaves no trace of when or how often it was passed. */
static void stand(void) {
  sys3(SYS_write, 1, &point, sizeof(struct record));
  if (ways & STOPS) sys3(SYS_tgkill, sys1(SYS_getpid, 0), sys1(SYS_gettid, 0), SIGSTOP);
}

/* tsetjmp with a pattern in every register; each return dumps them all into the same place. */
static __attribute__((noinline)) void set_point(struct draws *d) {
  fill_frame(&point_frame, d);
  point_frame.in[RAX] = ways & SUPERVISED ? SYS_TSETJMP : (u64)SYS_getppid;
  point_frame.in[RDI] = (u64)point.why;
  point_frame.in[RSI] = sizeof point.why;
  enter_call(&point_frame);
  read_extras(&point_frame.extras);
  calls_report_write();
  point_frame.program_break = (u64)sys1(SYS_brk, 0);
  point.cd = (int64_t)point_frame.out[RAX];
  stand();
}

static void fresh_point(struct draws *d) {
  int again = (int)draw_below(d, 2); /* or the workers stay where they have been all along */
  if (again) workers_verify();
  if (ways & JOBS) job_control();
  state_prepare(d);
  calls_before_point(d);
  if (again) workers_park(d);
  set_point(d);
}

static void hold_still(const struct command *c, struct draws *d) {
  if (c->op != (u64)-1) do_one_damage(d, c->op);
  stand();
}

static __attribute__((noinline)) void obey(const struct command *c) {
  struct draws d;
  draw_seed(&d, c->seed);
  hardships_end();
  storms_blow();
  sections_shop();
  switch (c->what) {
  case CMD_POINT: fresh_point(&d); break;
  case CMD_FALL: fall(&d, c);
  case CMD_VERIFY: {
    u32 released = workers_verify();
    workers_park(&d);
    tell(REC_DONE, released, workers_count(), 0, 0, 0, 0);
    break;
  }
  case CMD_FORGET: tell(REC_DONE, (u64)sys1(SYS_TFORGET, c->cd), 0, 0, 0, 0, 0); break;
  case CMD_DAMAGE: hold_still(c, &d); break;
  default:
    tell(REC_DONE, workers_join(), 0, 0, 0, 0, 0);
    sys1(SYS_exit_group, 0);
  }
}

static void install_handlers(struct draws *d) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
  struct sigaction action = {.sa_handler = on_fault};
  for (int i = 0; i < 6; i++)
    if (draw_below(d, 2)) sigaction(signals[i], &action, NULL);
}

static u32 read_ways(const char *mode) {
  static const char *const words[] = {"belay",    "stops", "every",  "hard",
                                      "confined", "jobs",  "stormy", "attributes",
                                      "sections", "calls"};
  u32 found = 0;
  for (u32 i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(mode, words[i])) found |= 1u << i;
  return found;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  struct draws d;
  struct command c;
  draw_seed(&d, strtoull(argv[2], NULL, 10));
  char *rows = strstr(argv[4], ",only:");
  if (rows) *rows = 0;
  ways = read_ways(argv[4]);
  point = (struct point_record){MAGIC, REC_POINT, 0, {0}};
  hardships_start();
  sandbox_enter(&d);
  install_handlers(&d);
  regions_start(argv[1], &d);
  u32 threads = (u32)atoi(argv[3]), callers = ways & CALLS ? (threads + 1) / 2 : 0;
  calls_start(callers, rows ? rows + 6 : NULL, &d);
  workers_start(threads - callers, &d);
  workers_park(&d);
  storms_start(&d);
  sections_start(&d);
  tell(REC_HELLO, (u64)sys1(SYS_getpid, 0), (u64)&point_frame, (u64)&point.why, workers_count(),
       rseq_address(), (u64)calls_report);
  for (;;) {
    memset(&c, 0, sizeof c);
    if (sys3(SYS_read, 0, &c, sizeof c) != sizeof c || c.magic != MAGIC) return 3;
    obey(&c);
  }
}
