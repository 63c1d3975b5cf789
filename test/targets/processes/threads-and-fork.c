/* 8 threads fork children that fall on points of their own, all at the same time. */
#include "child.h"

static void *live(void *argument) {
  for (int round = 0; round < 3; round++) {
    pid_t child = fork();
    if (child == 0) {
      struct tjmp why;
      int cd = tsetjmp(&why);
      if (cd != 1) _exit(1);
      if (why.rollbacks < 2) fall();
      _exit(why.cause == TJMP_SIGNAL ? 33 : 2);
    }
    expect_exit(child, 33);
  }
  return argument;
}

int main(void) {
  pthread_t threads[8];
  CHECK(tforget(point(NULL)) == 0);
  for (int number = 0; number < 8; number++) {
    CHECK(pthread_create(&threads[number], NULL, live, NULL) == 0);
  }
  for (int number = 0; number < 8; number++) CHECK(pthread_join(threads[number], NULL) == 0);
  return ok();
}
