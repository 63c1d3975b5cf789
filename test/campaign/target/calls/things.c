/* What one thread has: descriptors in slots, paths of its own, bytes of noise. */
#include "calls.h"

#include <poll.h>

char own_directory[128];
u64 own_pid;

struct held *any_held(struct caller *c, u32 kinds) {
  u64 from = pick(c, HELD_MAX);
  for (u64 i = 0; i < HELD_MAX; i++) {
    struct held *held = &c->held[(from + i) % HELD_MAX];
    if (held->kind & kinds) return held;
  }
  return NULL;
}

int any_fd(struct caller *c, u32 kinds) {
  struct held *held = any_held(c, kinds);
  return held ? held->fd : -1;
}

long hold_fd(struct caller *c, long fd, u32 kind) {
  struct held *held = &c->held[pick(c, HELD_MAX)];
  if (fd < 0) return fd;
  if (held->kind) sys1(SYS_close, held->fd);
  *held = (struct held){(int)fd, kind};
  return fd;
}

int is_ready(int fd, int events) {
  struct pollfd one = {fd, (short)events, 0};
  return fd >= 0 && sys3(SYS_poll, &one, 1, 0) == 1 && (one.revents & events);
}

static char *append(char *to, const char *text) {
  while (*text) *to++ = *text++;
  *to = 0;
  return to;
}

static char *append_number(char *to, u64 value) {
  char digits[24];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count) *to++ = digits[--count];
  *to = 0;
  return to;
}

void own_path(char *to, const char *what, u64 owner, u64 number) {
  to = append(append(to, own_directory), "/");
  to = append(append_number(append(to, what), owner), "-");
  append_number(to, number);
}

u64 noise_bytes(struct caller *c, u8 *to, u64 size_max) {
  u64 size = 1 + pick(c, size_max), value = draw(&c->draws);
  for (u64 i = 0; i < size; i++) to[i] = (u8)(value >> (i & 7) * 8);
  return size;
}

/* ---- its report: lines "kind key word word …" in hexadecimal ---- */
enum { REPORT_SIZE = 32768, LINE_MAX = 256 };
char calls_report[REPORT_SIZE];
static char *report_end;

static char *append_hexadecimal(char *to, u64 value) {
  char digits[20];
  int count = 0;
  do digits[count++] = "0123456789abcdef"[value & 15];
  while (value >>= 4);
  while (count) *to++ = digits[--count];
  *to = 0;
  return to;
}

void report_line(const char *kind, u64 key, const u64 *words, u32 count) {
  if (report_end > calls_report + REPORT_SIZE - LINE_MAX) return;
  char *to = append_number(append(append(report_end, kind), " "), key);
  for (u32 i = 0; i < count; i++) to = append_hexadecimal(append(to, " "), words[i]);
  report_end = append(to, "\n");
}

static __attribute__((noinline)) void wipe_stack(void) {
  u64 room[512];
  memset(room, 0, sizeof room);
  __asm__ volatile("" : : "r"(room) : "memory");
}

/* Directly behind a point: what only it can ask the kernel. Leaves no trace of how much it was. */
void calls_report_write(void) {
  if (!(ways & CALLS)) return;
  report_end = calls_report;
  *report_end = 0;
  report_signals();
  report_itimers();
  report_ipc();
  report_attributes();
  report_callers();
  report_end = calls_report;
  wipe_stack();
}
