/* A thread with a descriptor table of its own is named; a point and a fall of it leave its table
 * alone, and the table of the others is put back. */
#include "../target.h"
#include <sched.h>

static struct tjmp why;
static volatile int made, ready;

static void *thread(void *argument) {
  CHECK(unshare(CLONE_FILES) == 0);
  int own = open("/dev/zero", O_RDONLY);
  ready = 1;
  while (made == 0) sleep_ms(1);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    ready = 2;
    while (made != 2) sleep_ms(1);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  char byte = 1;
  CHECK(read(own, &byte, 1) == 1 && byte == 0);
  ready = 3;
  return argument;
}

int main(void) {
  pthread_t id;
  CHECK(pthread_create(&id, NULL, thread, NULL) == 0);
  while (ready != 1) sleep_ms(1);
  int file = unlinked_file(PAGE, 1);
  CHECK(lseek(file, 100, SEEK_SET) == 100);
  made = 1;
  while (ready == 1) sleep_ms(1);
  if (ready == 2) {
    lseek(file, 500, SEEK_SET);
    CHECK(open("/dev/null", O_RDONLY) > file);
    made = 2;
  }
  CHECK(pthread_join(id, NULL) == 0);
  CHECK(lseek(file, 0, SEEK_CUR) == 100);
  return ok();
}
