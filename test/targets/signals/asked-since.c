/* belay: argument waiting closing */
/* Signals of input and output that were asked for since the point (O_ASYNC), and wait when it goes
 * back, or come because it does, go no further: at the point nobody is there to take them, and they
 * would end the program. Those that had been asked for at the point come as ever. */
#include "../target.h"
#include <sys/stat.h>

enum { BY_NUMBER = 40, TO_THREAD = 41, OF_POINT = SIGUSR2 };

static volatile sig_atomic_t came;
static char folder[] = "/tmp/belay-target-XXXXXX", name[64];

static void count(int signo) { came += signo == OF_POINT; }

static void hold(int how, int signo) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, signo);
  CHECK(sigprocmask(how, &set, NULL) == 0);
}

static void ask(int fd, int signo) {
  struct f_owner_ex thread = {F_OWNER_TID, gettid()};
  CHECK(signo == TO_THREAD ? fcntl(fd, F_SETOWN_EX, &thread) == 0
                           : fcntl(fd, F_SETOWN, getpid()) == 0);
  CHECK(fcntl(fd, F_SETSIG, signo == SIGIO ? 0 : signo) == 0);
  CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) == 0);
}

static void remove_fifo(void) { CHECK(unlink(name) == 0 && rmdir(folder) == 0); }

int main(int argc, char **argv) {
  static const int signals[] = {SIGIO, BY_NUMBER, TO_THREAD};
  int is_waiting = argc < 2 || argv[1][0] == 'w', ends[2], asked[2];
  struct tjmp why;
  CHECK(mkdtemp(folder) != NULL);
  snprintf(name, sizeof name, "%s/fifo", folder);
  CHECK(mkfifo(name, 0600) == 0 && pipe(ends) == 0 && pipe(asked) == 0);
  int fifo = open(name, O_RDONLY | O_NONBLOCK);
  ask(asked[0], OF_POINT);
  hold(SIG_BLOCK, OF_POINT);
  CHECK(fifo >= 0 && signal(OF_POINT, count) != SIG_ERR);
  if (point(&why) > 0 && why.rollbacks < 3) {
    int signo = signals[why.rollbacks];
    signal(signo, count);
    if (is_waiting) hold(SIG_BLOCK, signo);
    ask(is_waiting ? ends[0] : fifo, signo);
    CHECK(write(asked[1], "x", 1) == 1 && write(ends[1], "x", 1) == 1);
    if (!is_waiting) CHECK(open(name, O_WRONLY | O_NONBLOCK) >= 0); /* its end is a signal */
    fall();
  }
  CHECK(came == 0 && why.lost == 0);
  hold(SIG_UNBLOCK, OF_POINT);
  CHECK(came == 1);
  remove_fifo();
  return ok();
}
