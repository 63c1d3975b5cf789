/* Threads born since the point are gone, before they can do anything more. */
#include "../target.h"
#include <dirent.h>

static volatile int born;
static int damage;

static int count_threads(void) {
  int count = 0;
  DIR *directory = opendir("/proc/self/task");
  CHECK(directory != NULL);
  struct dirent *entry;
  while ((entry = readdir(directory)) != NULL) count += entry->d_name[0] != '.';
  closedir(directory);
  return count;
}

static void *live(void *argument) {
  __atomic_add_fetch(&born, 1, __ATOMIC_SEQ_CST);
  for (;;) __atomic_add_fetch((volatile int *)argument, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

int main(void) {
  struct tjmp why;
  pthread_t thread;
  CHECK(point(&why) == 1);
  if (why.rollbacks < 3) {
    for (int number = 0; number < 12; number++) {
      CHECK(pthread_create(&thread, NULL, live, &damage) == 0);
    }
    while (born < 12) sleep_ms(1);
    CHECK(count_threads() == 13);
    fall();
  }
  CHECK(born == 0 && damage == 0 && count_threads() == 1);
  sleep_ms(20);
  CHECK(damage == 0);
  return ok();
}
