/* The threads that stand in calls or spin while the program falls, and check themselves after. */
#include "parking.h"

#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS_MAX = 16, STACK_SIZE = 65536, PATIENCE_MS = 5000 };

static struct worker *workers;
static u32 count, kinds;
static _Thread_local u64 tls_pattern[32]; /* initialised at each parking, read back after it */

static void on_release(int signo) { (void)signo; }
static void on_end(int signo) {
  (void)signo;
  sys1(SYS_exit, 0);
}

static void set_personal_state(struct worker *w, struct draws *d) {
  char name[16];
  for (int i = 0; i < 32; i++) tls_pattern[i] = draw(d);
  snprintf(name, sizeof name, "w%u-%06x", w->index, (u32)draw(d) & 0xffffff);
  sys2(SYS_prctl, 15 /* PR_SET_NAME */, name);
  w->mask = draw(d) & 0x7ffffffc00000000; /* real-time signals; not those that let it go */
  w->mask |= waiting_signals();
  /* Once in its life: an alternate stack that is changed since a point is not put back yet. */
  if (w->has_alternate) return;
  w->has_alternate = 1;
  u64 stack[3] = {(u64)w->alternate, draw_below(d, 2) ? 0 : SS_DISABLE, sizeof w->alternate};
  sys2(SYS_sigaltstack, stack, 0);
}

static int tls_intact(struct worker *w) {
  struct draws d;
  draw_seed(&d, w->seed);
  for (int i = 0; i < 32; i++)
    if (tls_pattern[i] != draw(&d)) return 0;
  return 1;
}

static void check(struct worker *w) {
  struct extras after;
  read_extras(&after);
  w->frame.out[RFLAGS] &= ~0x200000ULL; /* ID: no ptrace can set it */
  if (w->kind != IN_SPIN) w->frame.out[R11] &= ~0x200000ULL;
  u32 difference = compare_frame(&w->frame);
  u64 expected = w->kind == IN_SPIN ? w->frame.in[RAX] : w->expected_result;
  u64 rcx = w->kind == IN_SPIN ? 1 : (u64)after_call;
  u64 r11 = w->kind == IN_SPIN ? w->frame.in[R11] : w->frame.in[RFLAGS];
  if (difference && difference <= 17)
    tell(REC_BAD, (u64)w->tid, w->kind, difference, w->frame.in[difference - 1],
         w->frame.out[difference - 1], 0);
  else if (difference)
    tell(REC_BAD, (u64)w->tid, w->kind, difference, w->frame.xin[difference - 101],
         w->frame.xout[difference - 101], 0);
  if (w->frame.out[RAX] != expected)
    tell(REC_BAD, (u64)w->tid, w->kind, 50, expected, w->frame.out[RAX], 0);
  if (w->frame.out[RCX] != rcx)
    tell(REC_BAD, (u64)w->tid, w->kind, 51, rcx, w->frame.out[RCX], 0);
  if (w->frame.out[R11] != r11)
    tell(REC_BAD, (u64)w->tid, w->kind, 52, r11, w->frame.out[R11], 0);
  for (u32 i = 0; i < sizeof after / 8; i++) {
    u64 was = ((u64 *)&w->before)[i], is = ((u64 *)&after)[i];
    if (was != is) tell(REC_BAD, (u64)w->tid, w->kind, 70 + i, was, is, 0);
  }
  if (!tls_intact(w)) tell(REC_BAD, (u64)w->tid, w->kind, 54, 0, 0, 0);
}

static void park(struct worker *w) {
  struct draws d;
  draw_seed(&d, w->seed);
  set_personal_state(w, &d);
  fill_frame(&w->frame, &d);
  parking_prepare(w);
  sys4(SYS_rt_sigprocmask, SIG_SETMASK, &w->mask, 0, 8);
  read_extras(&w->before);
  __atomic_store_n(&w->phase, PARKING, __ATOMIC_SEQ_CST);
  if (w->kind == IN_SPIN)
    enter_spin(&w->frame);
  else
    enter_call(&w->frame);
  if (!w->ended) check(w); /* ended within a fall: what came before may have been damage */
  parking_drain(w);
}

static void *worker_main(void *argument) {
  struct worker *w = argument;
  w->tid = (int)sys1(SYS_gettid, 0);
  w->rseq = rseq_address();
  for (u32 turn = 1;; turn++) {
    while (__atomic_load_n(&w->go, __ATOMIC_SEQ_CST) < turn)
      sys4(SYS_futex, &w->go, FUTEX_WAIT_PRIVATE, turn - 1, 0);
    park(w);
    if (w->leave) return NULL;
    __atomic_store_n(&w->phase, RELEASED, __ATOMIC_SEQ_CST);
  }
}

void workers_start(u32 wanted, struct draws *d) {
  struct sigaction release = {.sa_handler = on_release}, end = {.sa_handler = on_end};
  pthread_attr_t attributes;
  count = wanted > WORKERS_MAX ? WORKERS_MAX : wanted;
  kinds = ways & (STOPS | JOBS) ? IN_EPOLL : KINDS;
  if (!count) return;
  sigaction(SIGUSR1, &release, NULL);
  sigaction(SIGUSR2, &end, NULL);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_SIZE);
  workers = (void *)sys6(SYS_mmap, 0, sizeof *workers * count, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, (u64)-1, 0); /* not where brk may fall */
  if ((long)workers < 0) _exit(91);
  for (u32 i = 0; i < count; i++) {
    struct worker *w = &workers[i];
    w->index = i;
    w->epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = draw(d)}};
    if (pipe(w->pipe) || socketpair(AF_UNIX, SOCK_STREAM, 0, w->socket) || w->epoll < 0 ||
        epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->pipe[0], &event) ||
        pthread_create(&w->thread, &attributes, worker_main, w))
      _exit(91);
  }
}

u32 workers_count(void) { return count; }

static void sleep_ns(u64 ns) {
  u64 time[2] = {0, ns};
  sys2(SYS_nanosleep, time, 0);
}

static int read_about(const struct worker *w, const char *what, char *text, u64 size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/%s", w->tid, what);
  int fd = (int)sys2(SYS_open, path, O_RDONLY);
  if (fd < 0) return 0;
  memset(text, 0, size);
  sys3(SYS_read, fd, text, size - 1);
  sys1(SYS_close, fd);
  return 1;
}

/* Is the worker asleep in its call? Asked of the kernel: its own flag comes too early. */
static int is_parked(struct worker *w) {
  char text[64];
  if (__atomic_load_n(&w->phase, __ATOMIC_SEQ_CST) != PARKING) return 0;
  if (w->kind == IN_SPIN) return w->frame.spin_address != 0;
  if (!read_about(w, "stat", text, sizeof text)) return 0;
  char *state = strrchr(text, ')');
  if (!state || state[2] != 'S' || !read_about(w, "syscall", text, sizeof text)) return 0;
  return (text[0] >= '0' && text[0] <= '9') &&
         (atol(text) == parking_number(w) || atol(text) == SYS_restart_syscall);
}

static int await(struct worker *w, int (*done)(struct worker *)) {
  for (int ms = 0; ms < PATIENCE_MS * 10; ms++) {
    if (done(w)) return 1;
    sleep_ns(100000);
  }
  tell(REC_BAD, (u64)w->tid, w->kind, 60, (u64)w->phase, 0, 0);
  sleep_ns(900000000); /* time to be looked at */
  return 0;
}

static int is_released(struct worker *w) {
  return __atomic_load_n(&w->phase, __ATOMIC_SEQ_CST) == RELEASED;
}

static int is_gone(struct worker *w) {
  return sys3(SYS_tgkill, sys1(SYS_getpid, 0), w->tid, 0) == -3; /* ESRCH */
}

void workers_park(struct draws *d) {
  for (u32 i = 0; i < count; i++) {
    struct worker *w = &workers[i];
    w->kind = (u32)draw_below(d, kinds);
    w->seed = draw(d);
    w->phase = AT_REST;
    w->frame.spin_address = 0;
    __atomic_add_fetch(&w->go, 1, __ATOMIC_SEQ_CST);
    sys3(SYS_futex, &w->go, FUTEX_WAKE_PRIVATE, 1);
  }
  for (u32 i = 0; i < count; i++) {
    await(&workers[i], is_parked);
    tell(REC_PARKED, (u64)workers[i].tid, (u64)parking_number(&workers[i]), workers[i].kind,
         (u64)&workers[i].frame, workers[i].rseq, 0);
  }
}

/* Lets every worker go and waits until each has looked at what came back. */
u32 workers_verify(void) {
  u32 released = 0;
  for (u32 i = 0; i < count; i++) {
    if (!await(&workers[i], is_parked)) continue;
    parking_release(&workers[i]);
    released += (u32)await(&workers[i], is_released);
  }
  return released;
}

/* Lets every worker return for good. A join needs what the kernel clears when a thread ends. */
u32 workers_join(void) {
  u32 joined = 0;
  for (u32 i = 0; i < count; i++) {
    if (!await(&workers[i], is_parked)) continue;
    workers[i].leave = 1;
    parking_release(&workers[i]);
    joined += !pthread_join(workers[i].thread, NULL);
  }
  return joined;
}

/* Ends one worker within a fall: by its own return through libc, or by a bare exit in a handler.
 * Where there may be a point in between not by a byte in a pipe: that does not come back yet. */
void worker_end(struct draws *d) {
  if (!count) return;
  struct worker *w = &workers[draw_below(d, count)];
  if (w->ended) return;
  w->ended = 1;
  if (libc_usable && !(ways & EVERY) && draw_below(d, 2)) {
    if (draw_below(d, 2)) pthread_detach(w->thread);
    w->leave = 1;
    parking_release(w);
  } else {
    sys3(SYS_tgkill, sys1(SYS_getpid, 0), w->tid, SIGUSR2);
  }
  await(w, is_gone);
}

void worker_rename(struct draws *d) {
  char path[64];
  u64 name = (draw(d) & 0x3f3f3f3f3f3f3f) | 0x40404040404040;
  if (!count || !libc_usable) return;
  snprintf(path, sizeof path, "/proc/self/task/%d/comm", workers[draw_below(d, count)].tid);
  int fd = (int)sys2(SYS_open, path, O_WRONLY);
  if (fd >= 0) sys3(SYS_write, fd, &name, 7);
  if (fd >= 0) sys1(SYS_close, fd);
}
