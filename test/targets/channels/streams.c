/* belay: argument pipe small-pipe stream datagram */
/* A thread at each end of a stream that never rests, and a third one that falls: behind each
 * rollback it goes on from the point, with every byte once. */
#include "channels.h"

enum { FALLS = 30, STEP = 300000, BLOCK = 20000 };

static int ends[2], is_datagram;
static volatile uint64_t written, taken;

static unsigned char at(uint64_t place) {
  return (unsigned char)((place * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static void *writer(void *argument) {
  static unsigned char block[BLOCK];
  for (uint64_t seed = 1;;) {
    size_t size = noise(&seed) % BLOCK + 1;
    for (size_t index = 0; index < size; index++) block[index] = at(written + index);
    for (size_t done = 0; done < size;) {
      ssize_t part = write(ends[1], block + done, size - done);
      CHECK(part > 0 && (!is_datagram || part == (ssize_t)size));
      done += (size_t)part, written += (size_t)part;
    }
  }
  return argument;
}

static void *reader(void *argument) {
  static unsigned char block[BLOCK];
  for (uint64_t seed = 2;;) {
    size_t size = is_datagram ? BLOCK : noise(&seed) % BLOCK + 1;
    ssize_t part = read(ends[0], block, size);
    CHECK(part > 0);
    for (ssize_t index = 0; index < part; index++) {
      if (block[index] != at(taken + (uint64_t)index)) {
        fail("byte %" PRIu64 " is another", taken + (uint64_t)index);
      }
    }
    taken += (uint64_t)part;
  }
  return argument;
}

int main(int argc, char **argv) {
  struct tjmp why;
  pthread_t threads[2];
  const char *kind = argc > 1 ? argv[1] : "pipe";
  is_datagram = kind[0] == 'd';
  if (strstr(kind, "pipe") != NULL) CHECK(pipe(ends) == 0);
  else CHECK(socketpair(AF_UNIX, is_datagram ? SOCK_DGRAM : SOCK_STREAM, 0, ends) == 0);
  if (strcmp(kind, "small-pipe") == 0) CHECK(fcntl(ends[0], F_SETPIPE_SZ, 4096) == 4096);
  CHECK(pthread_create(&threads[0], NULL, writer, NULL) == 0);
  CHECK(pthread_create(&threads[1], NULL, reader, NULL) == 0);
  for (int round = 0; round < 3; round++) {
    for (uint64_t until = taken + STEP; taken < until;) sched_yield();
    int cd = point(&why);
    for (uint64_t until = taken + STEP; taken < until;) sched_yield();
    if (why.rollbacks < FALLS / 3) tlongjmp(cd, 1);
    CHECK(why.lost == 0);
  }
  return ok();
}
