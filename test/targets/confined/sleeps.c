/* belay: --every 7; argument nanosleep clock_nanosleep poll forever futex */
/* An allow-list without restart_syscall, which the program needs only when somebody stops it: its
 * sleeps go on after stops and ignored signals, and take their time. */
#include "confined.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/time.h>

enum { SLEEP_MS = 200 };

static const int allowed[] = {SYS_write, SYS_exit_group, SYS_nanosleep, SYS_clock_nanosleep,
                              SYS_poll,  SYS_futex,      SYS_rt_sigreturn};
static const char *how;
static int ends[2], word;

static void rest(void) {
  struct timespec nap = {0, SLEEP_MS * 1000000L};
  if (strcmp(how, "nanosleep") == 0) {
    CHECK(syscall(SYS_nanosleep, &nap, NULL) == 0);
  } else if (strcmp(how, "clock_nanosleep") == 0) {
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL) == 0);
  } else if (strcmp(how, "poll") == 0) {
    CHECK(poll(NULL, 0, SLEEP_MS) == 0);
  } else if (strcmp(how, "forever") == 0) {
    struct pollfd end = {ends[0], POLLIN, 0};
    CHECK(poll(&end, 1, -1) == 1);
  } else {
    CHECK(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &nap) == -1 && errno == ETIMEDOUT);
  }
}

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  struct itimerval often = {{0, 11000}, {0, 11000}};
  struct tjmp why;
  CHECK(argc == 2 && pipe(ends) == 0);
  how = argv[1];
  tforget(point(&why));
  if (fork() == 0) { /* writes late */
    usleep(SLEEP_MS * 1000);
    CHECK(write(ends[1], "x", 1) == 1);
    _exit(0);
  }
  signal(SIGALRM, SIG_IGN);
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  shut_in(allowed, sizeof allowed / sizeof *allowed, SECCOMP_RET_KILL_PROCESS);
  double before = now_ms();
  rest();
  double took = now_ms() - before;
  if (took < SLEEP_MS - 20 || took > SLEEP_MS * 10) fail("took %.0f ms", took);
  CHECK(write(STDOUT_FILENO, "ok\n", 3) == 3);
  _exit(0);
}
