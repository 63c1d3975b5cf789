/* belay: argument 1 16 */
/* The allocator's own data overwritten in every arena; afterwards it works as ever. */
#include "../crew.h"

#define BLOCKS 4000
static void *blocks[BLOCKS];

static size_t size_of(int index) { return 16 + (size_t)(index * 37 % 2000) / 8 * 8; }

static void *allocate(void *first) {
  for (int index = (int)(intptr_t)first; index < BLOCKS; index += 4) {
    blocks[index] = malloc(size_of(index));
    fill(blocks[index], size_of(index), (uint64_t)index);
  }
  return NULL;
}

int main(int argc, char **argv) {
  struct tjmp why;
  pthread_t threads[4];
  CHECK(tforget(point(NULL)) == 0);
  CHECK(freopen("/dev/null", "w", stderr) != NULL);
  for (intptr_t number = 0; number < 4; number++) {
    CHECK(pthread_create(&threads[number], NULL, allocate, (void *)number) == 0);
  }
  for (int number = 0; number < 4; number++) pthread_join(threads[number], NULL);
  crew_start(crew_size(argc, argv));
  CHECK(point(&why) == 2);
  if (why.cause == TJMP_SAVED) {
    for (int index = 0; index < BLOCKS; index++) fill((char *)blocks[index] - 16, 64, 7);
    for (int size = 1; size < 4000; size++) free(malloc((size_t)size));
    for (int index = 0; index < BLOCKS; index++) free(blocks[index]);
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL);
  for (int index = 0; index < BLOCKS; index++) {
    verify(blocks[index], size_of(index), (uint64_t)index);
    free(blocks[index]);
  }
  for (int size = 1; size < 4000; size++) free(malloc((size_t)size));
  crew_finish();
  return ok();
}
