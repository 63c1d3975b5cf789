/* A thread that goes back into the middle of a write, and asks for that itself, goes on with it:
 * all is written, each byte once. */
#include "../target.h"

enum { SIZE = 1 << 20, ROUNDS = 3 };

static unsigned char bytes[SIZE], got[SIZE];
static int ends[2];
static volatile int cd;
static volatile ssize_t written;

static void jump(int signo) {
  (void)signo;
  tlongjmp(cd, 1);
}

static void *writing(void *unused) {
  written = write(ends[1], bytes, SIZE);
  return unused;
}

static void take(size_t start, size_t end) {
  while (start < end) {
    ssize_t all = written, size = read(ends[0], got + start, end - start);
    if (size > 0) start += (size_t)size;
    else if (all > 0) fail("%zd bytes written", all);
    else sleep_ms(1);
  }
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  fill(bytes, SIZE, 1);
  CHECK(signal(SIGUSR1, jump) != SIG_ERR && pipe(ends) == 0);
  CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && tforget(point(NULL)) == 0);
  CHECK(pthread_create(&thread, NULL, writing, NULL) == 0);
  take(0, SIZE / 4);
  sleep_ms(50);
  cd = point(&why);
  if (why.rollbacks < ROUNDS) {
    if (why.rollbacks > 0) take(SIZE / 4, SIZE / 2);
    pthread_kill(thread, SIGUSR1);
    for (;;) pause();
  }
  take(SIZE / 4, SIZE);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(written == SIZE && memcmp(bytes, got, SIZE) == 0);
  return ok();
}
