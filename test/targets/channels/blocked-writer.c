/* A pipe that is full, and a thread that waits for room: it goes on waiting, and what it writes
 * comes behind what was there. */
#include "channels.h"

enum { MORE = 10000 };

static int ends[2];
static volatile int is_begun;
static char more[MORE], in[1 << 20];

static void *writer(void *argument) {
  is_begun = 1;
  CHECK(write(ends[1], more, MORE) == MORE);
  for (;;) pause();
  return argument;
}

static void take_all(size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t part = read(ends[0], in + done, size - done);
    CHECK(part > 0);
    done += (size_t)part;
  }
  verify(in, size - MORE, 1);
  CHECK(memcmp(in + size - MORE, more, MORE) == 0);
}

static int is_in_write(pid_t tid) {
  char path[64], text[64] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/syscall", tid);
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && close(fd) == 0);
  return strncmp(text, "1 ", 2) == 0;
}

static pid_t tid_of_other(void) {
  pid_t tid = 0;
  for (pid_t each = getpid() + 1; tid == 0; each++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d", each);
    if (access(path, F_OK) == 0) tid = each;
  }
  return tid;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  CHECK(pipe(ends) == 0);
  size_t size = (size_t)fcntl(ends[0], F_GETPIPE_SZ);
  fill(in, size, 1), fill(more, MORE, 2);
  CHECK(write(ends[1], in, size) == (ssize_t)size);
  CHECK(pthread_create(&thread, NULL, writer, NULL) == 0);
  while (!is_begun) sched_yield();
  for (pid_t tid = tid_of_other(); !is_in_write(tid);) sched_yield();
  point(&why);
  CHECK(waiting(ends[0]) == (int)size);
  take_all(size + MORE);
  CHECK(waiting(ends[0]) == 0);
  if (why.rollbacks < 3) fall();
  CHECK(why.lost == 0);
  return ok();
}
