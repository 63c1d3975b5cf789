/* Huge pages that somebody else has taken: the jump is refused with nothing touched, and made when
 * they are free again. Those that are to come back are kept before anything is touched. */
#include "../maps.h"

#define HUGE (2 * MIB)
#define POOL "/proc/sys/vm/nr_hugepages"

static int refused;

static int pool(void) {
  int count = 0;
  FILE *file = fopen(POOL, "r");
  if (file == NULL || fscanf(file, "%d", &count) != 1) count = 0;
  if (file != NULL) fclose(file);
  return count;
}

static void set_pool(int count) {
  FILE *file = fopen(POOL, "w");
  if (file == NULL) return;
  fprintf(file, "%d", count);
  fclose(file);
}

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

static int end(int former) {
  set_pool(former);
  return ok();
}

int main(void) {
  struct tjmp why;
  int former = pool();
  set_pool(former + 2);
  char *memory = take(2 * HUGE);
  if (memory == NULL) set_pool(former);
  else fill(memory, 2 * HUGE, 1);
  int cd = tsetjmp(&why);
  if (cd < 0) {
    perror("tsetjmp");
    set_pool(former);
    return 3;
  }
  /* Not root, or no memory in pieces large enough. */
  if (memory == NULL) return ok();
  keep(&refused, sizeof refused);
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, 2 * HUGE) == 0);
    pid_t child = take_all();
    CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE);
    refused = 1;
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    tlongjmp(cd, 2);
    set_pool(former);
    fail("could not go back with the pages free");
  }
  CHECK(why.value == 2 && why.lost == 0 && refused == 1);
  verify(memory, 2 * HUGE, 1);
  return end(former);
}
