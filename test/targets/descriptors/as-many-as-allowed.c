/* All descriptors that are open at a point are open after it, however few the supervisor may have
 * (its limit is the caller's): those that it could not look at are not taken for new ones. */
#include "../target.h"
#include <sys/resource.h>

#define THREADS 30

static volatile int may_end;

static void *wait_for_end(void *unused) {
  while (!may_end) usleep(2000);
  return unused;
}

int main(void) {
  struct tjmp why;
  struct rlimit limit;
  pthread_t threads[THREADS];
  sleep_ms(200);
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  int end = (int)(limit.rlim_cur < 1024 ? limit.rlim_cur : 1024) - 16;
  for (int index = 0; index < THREADS; index++) {
    CHECK(pthread_create(&threads[index], NULL, wait_for_end, NULL) == 0);
  }
  point(&why);
  for (int fd = 3; fd < end; fd++) CHECK(dup2(0, fd) == fd);
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(open("/dev/zero", O_RDONLY) >= end);
    may_end = 1;
    for (int index = 0; index < THREADS; index++) pthread_join(threads[index], NULL);
    fall();
  }
  for (int fd = 3; fd < end; fd++) {
    if (fcntl(fd, F_GETFD) != 0) fail("descriptor %d is closed", fd);
  }
  CHECK(fcntl(end, F_GETFD) == -1);
  return ok();
}
