/* belay: --every 5 */
/* A terminal that is read byte by byte answers with what was asked for, and when its time is up. */
#include "blocking.h"
#include <termios.h>

static int master, terminal;

static void set_raw(unsigned char least, long ms) {
  struct termios mode;
  CHECK(tcgetattr(terminal, &mode) == 0);
  cfmakeraw(&mode);
  mode.c_cc[VMIN] = least;
  mode.c_cc[VTIME] = (unsigned char)(ms / 100);
  CHECK(tcsetattr(terminal, TCSANOW, &mode) == 0);
}

static void type(const char *text) {
  size_t size = strlen(text);
  CHECK(write(master, text, size) == (ssize_t)size);
}

static void type_rest(void) { type("cdefg"); }

/* What read(2) answers, at least and not before `least_ms`; "cdefg" is typed after `ms`, if any. */
static void expect(const char *text, long ms, const char *wanted, long least_ms) {
  char bytes[16] = "", all[16];
  struct later later = {ms, type_rest};
  snprintf(all, sizeof all, "%s%s", text, ms == 0 ? "" : "cdefg");
  type(text);
  uint64_t start = now_ns();
  pthread_t thread = ms == 0 ? 0 : send_later(&later);
  ssize_t size = read(terminal, bytes, sizeof bytes);
  long took_ms = (long)((now_ns() - start) / 1000000);
  if (size < (ssize_t)strlen(wanted) || strncmp(bytes, all, (size_t)size) != 0)
    fail("read %zd bytes, '%s', not '%s' (errno %d)", size, bytes, wanted, errno);
  if (took_ms < least_ms - 1 || took_ms > least_ms + 2000) fail("took %ld ms", took_ms);
  if (ms != 0) CHECK(pthread_join(thread, NULL) == 0);
  CHECK(tcflush(terminal, TCIFLUSH) == 0);
}

int main(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  CHECK(terminal >= 0);
  CHECK(tforget(point(NULL)) == 0);
  for (int round = 0; round < 4; round++) {
    set_raw(0, 200);
    expect("", 0, "", 200);
    set_raw(0, 20000);
    expect("", 50, "c", 50);
    set_raw(5, 0);
    expect("ab", 50, "abcde", 50);
    set_raw(5, 20000);
    expect("ab", 50, "abcde", 50);
    set_raw(5, 200);
    expect("ab", 0, "ab", 200);
  }
  return ok();
}
