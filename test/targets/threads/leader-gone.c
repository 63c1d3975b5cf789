/* Points of a process whose first thread has ended can be gone back to, descriptors and all. */
#include "../target.h"

static pthread_t leader;
static char data[] = "before";

static void *work(void *argument) {
  struct tjmp why;
  CHECK(pthread_join(leader, NULL) == 0);
  int free_fd = dup(0);
  CHECK(free_fd > 0 && close(free_fd) == 0);
  CHECK(point(&why) > 0);
  CHECK(strcmp(data, "before") == 0);
  if (why.rollbacks < 2) {
    strcpy(data, "after!");
    CHECK(dup(0) == free_fd);
    fall();
  }
  CHECK(dup(0) == free_fd);
  ok();
  exit(0);
  return argument;
}

int main(void) {
  pthread_t thread;
  leader = pthread_self();
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  pthread_exit(NULL);
}
