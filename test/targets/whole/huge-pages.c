/* Huge pages that somebody else has taken: the jump is refused with nothing touched, and made when
 * they are free again. Those that are to come back are kept before anything is touched. */
#include "../pool.h"

static int refused;

static char *take(size_t size) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  return memory == MAP_FAILED ? NULL : (char *)memory;
}

/* A child that has all that can be had, and says so. */
static pid_t take_all(void) {
  int ready[2];
  char byte;
  CHECK(pipe(ready) == 0);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    while (take(HUGE) != NULL) continue;
    CHECK(write(ready[1], "", 1) == 1);
    pause();
  }
  CHECK(read(ready[0], &byte, 1) == 1);
  close(ready[0]);
  close(ready[1]);
  return child;
}

int main(void) {
  struct tjmp why;
  pool_add(2);
  char *memory = take(2 * HUGE);
  if (memory != NULL) fill(memory, 2 * HUGE, 1);
  int cd = pool_point(&why);
  /* Not root, or no memory in pieces large enough. */
  if (memory == NULL) return pool_ok();
  keep(&refused, sizeof refused);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, 2 * HUGE) == 0);
    pid_t child = take_all();
    CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE);
    refused = 1;
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    tlongjmp(cd, 2);
    fail("could not go back with the pages free");
  }
  CHECK(why.value == 2 && why.lost == 0 && refused == 1);
  verify(memory, 2 * HUGE, 1);
  return pool_ok();
}
