/* As many threads as its argument says, each with a name, which fall and have it again. */
#include "../../targets/target.h"

static int ends[2];
static pthread_barrier_t begun;

static void *be_named(void *argument) {
  char name[16], now[16], byte;
  snprintf(name, sizeof name, "thread-%ld", (long)argument);
  CHECK(pthread_setname_np(pthread_self(), name) == 0);
  pthread_barrier_wait(&begun);
  CHECK(read(ends[0], &byte, 1) == 1);
  CHECK(pthread_getname_np(pthread_self(), now, sizeof now) == 0);
  if (strcmp(now, name) != 0) fail("%s is %s", name, now);
  return NULL;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t *threads = calloc((size_t)count, sizeof *threads);
  pthread_barrier_init(&begun, NULL, (unsigned)count + 1);
  CHECK(pipe(ends) == 0);
  for (long index = 0; index < count; index++) {
    CHECK(pthread_create(&threads[index], NULL, be_named, (void *)index) == 0);
  }
  pthread_barrier_wait(&begun);

  struct tjmp why;
  point(&why);
  if (why.cause == TJMP_SAVED) {
    for (int index = 0; index < count; index++) pthread_setname_np(threads[index], "renamed");
    fall();
  }
  for (int index = 0; index < count; index++) CHECK(write(ends[1], "x", 1) == 1);
  for (int index = 0; index < count; index++) CHECK(pthread_join(threads[index], NULL) == 0);
  return ok();
}
