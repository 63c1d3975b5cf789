/* belay: argument since since-in-thread moved mapped-anew */
/* Each thread has its restartable sequences registered where it had at the point, whatever memory
 * it has registered since, or not at all. */
#include "../target.h"
#include <sched.h>

enum { AREA_SIZE = 32, UNREGISTER = 1 };

static pthread_barrier_t barrier;
static volatile int is_since, is_back;

static int set_area(void *area, int flags) {
  return (int)syscall(SYS_rseq, area, AREA_SIZE, flags, 0x53053053);
}

/* This thread has none: it can register one. */
static void check_none(void) {
  static __thread char area[2 * AREA_SIZE] __attribute__((aligned(AREA_SIZE)));
  CHECK(set_area(area, 0) == 0 && set_area(area, UNREGISTER) == 0);
}

static void *register_since(void *argument) {
  pthread_barrier_wait(&barrier);
  while (!is_since && !is_back) sched_yield();
  if (is_since) CHECK(set_area(anonymous(PAGE), 0) == 0);
  if (is_since) pthread_barrier_wait(&barrier);
  while (!is_back) sched_yield();
  check_none();
  return argument;
}

static void since(int in_thread) {
  struct tjmp why;
  pthread_t thread;
  if (in_thread) {
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    CHECK(pthread_create(&thread, NULL, register_since, NULL) == 0);
    pthread_barrier_wait(&barrier);
  }
  point(&why);
  if (why.cause == TJMP_SAVED) {
    is_since = 1;
    if (in_thread) pthread_barrier_wait(&barrier);
    else CHECK(set_area(anonymous(PAGE), 0) == 0);
    fall();
  }
  is_back = 1;
  if (in_thread) CHECK(pthread_join(thread, NULL) == 0);
  else check_none();
}

static void moved(void) {
  struct tjmp why;
  void *first = anonymous(PAGE), *second = anonymous(PAGE);
  CHECK(set_area(first, 0) == 0);
  point(NULL);
  CHECK(set_area(first, UNREGISTER) == 0 && set_area(second, 0) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) fall();
  CHECK(set_area(second, UNREGISTER) == 0);
}

static void mapped_anew(void) {
  struct tjmp why;
  void *area = anonymous(PAGE);
  CHECK(set_area(area, 0) == 0);
  point(NULL);
  /* The first point may seal the area that it finds, and then nothing can be mapped over it. */
  void *other = anonymous(PAGE);
  CHECK(set_area(area, UNREGISTER) == 0 && set_area(other, 0) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    CHECK(mmap(other, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) == other);
    fall();
  }
  CHECK(set_area(other, UNREGISTER) == 0);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  if (getenv("GLIBC_TUNABLES") == NULL) {
    /* The areas are to be ours alone. */
    CHECK(setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1) == 0);
    execv("/proc/self/exe", argv);
    fail("cannot begin anew");
  }
  if (strcmp(argv[1], "moved") == 0) moved();
  else if (strcmp(argv[1], "mapped-anew") == 0) mapped_anew();
  else since(strcmp(argv[1], "since-in-thread") == 0);
  return ok();
}
