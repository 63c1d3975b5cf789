/* belay: ; argument 8 2 1 */
/* Stacks of sleeping threads, which lie side by side: what was written there, touched for the first
 * time, dropped or made a guard since is as it was, and what lies beside restartable sequences. */
#include "../crew.h"

enum { THREADS = 6, INSTALL = 102 };

static size_t size;
static char *stacks[THREADS];
static uint64_t *volatile locals[THREADS];
static __thread uint64_t local;
static volatile uint32_t go;

static void *sleeper(void *argument) {
  int number = (int)(intptr_t)argument;
  locals[number] = &local;
  while (!go) syscall(SYS_futex, &go, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
  return (void *)(uintptr_t)local;
}

/* Each as large as it is to be, a page that cannot be touched before it. */
static void start(pthread_t *threads) {
  size_t whole = size + PAGE;
  char *all = (char *)anonymous(THREADS * whole);
  for (int number = 0; number < THREADS; number++) {
    pthread_attr_t attributes;
    stacks[number] = all + (size_t)number * whole + PAGE;
    CHECK(mprotect(stacks[number] - PAGE, PAGE, PROT_NONE) == 0);
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstack(&attributes, stacks[number], size) == 0);
    void *argument = (void *)(intptr_t)number;
    CHECK(pthread_create(&threads[number], &attributes, sleeper, argument) == 0);
    while (locals[number] == NULL) sleep_ms(1);
  }
  sleep_ms(20);
}

/* Parts of a stack: below what the thread has touched, and further down. */
static char *upper(int number) { return stacks[number] + size - 32 * PAGE; }
static char *middle(int number) { return stacks[number] + size / 2; }
static char *lower(int number) { return stacks[number] + size / 4; }
static char *lowest(int number) { return stacks[number] + size / 8; }

static uint64_t seed(int number, int step) { return (uint64_t)(number * 8 + step); }

static void set(int step) {
  for (int number = 0; number < THREADS; number++) *locals[number] = seed(number, step);
}

static void verify_older(void) {
  for (int number = 0; number < THREADS; number++) {
    verify(upper(number), 16 * PAGE, seed(number, 0));
    verify_zero(middle(number), 4 * PAGE);
    verify_zero(lower(number), 4 * PAGE);
    CHECK(*locals[number] == seed(number, 0));
  }
}

static void verify_newer(void) {
  for (int number = 0; number < THREADS; number++) {
    verify_zero(upper(number), 4 * PAGE);
    verify(upper(number) + 4 * PAGE, PAGE, seed(number, 4));
    verify_zero(lower(number), 4 * PAGE);
    verify_zero(lowest(number), 4 * PAGE);
    verify(middle(number), 4 * PAGE, seed(number, 1));
    CHECK(*locals[number] == seed(number, 1));
  }
}

/* What is written to next is reported: /proc/self/pagemap tells so of a page, by bit 57. */
static int is_protected(const char *page) {
  uint64_t entry = 0;
  off_t offset = (off_t)((uintptr_t)page / PAGE * sizeof entry);
  int fd = open("/proc/self/pagemap", O_RDONLY);
  CHECK(fd >= 0 && pread(fd, &entry, sizeof entry, offset) == sizeof entry && close(fd) == 0);
  return (entry >> 57 & 1) != 0;
}

static void change_before_newer(void) {
  set(1);
  for (int number = 0; number < THREADS; number++) {
    CHECK(madvise(upper(number), 4 * PAGE, MADV_DONTNEED) == 0);
    fill(upper(number) + 4 * PAGE, PAGE, seed(number, 4));
    fill(middle(number), 4 * PAGE, seed(number, 1));
  }
}

static void change_after_newer(void) {
  set(2);
  for (int number = 0; number < THREADS; number++) {
    fill(upper(number), 16 * PAGE, seed(number, 2));
    fill(lower(number), 4 * PAGE, seed(number, 3));
    CHECK(madvise(middle(number), 2 * PAGE, MADV_DONTNEED) == 0);
    /* Linux 6.13; told from Linux 6.15 on. */
    madvise(lowest(number), PAGE, INSTALL);
  }
}

int main(int argc, char **argv) {
  struct tjmp why;
  pthread_t threads[THREADS];
  size = (argc > 1 ? (size_t)atoi(argv[1]) : 8) * MIB;
  start(threads);
  set(0);
  for (int number = 0; number < THREADS; number++) {
    fill(upper(number), 16 * PAGE, seed(number, 0));
  }
  for (int count = 0; count < 4; count++) CHECK(tforget(point(NULL)) == 0);
  for (int number = 0; number < THREADS; number++) {
    fill(upper(number), 16 * PAGE, seed(number, 0));
  }
  int older = point(&why);
  if (why.cause == TJMP_SAVED) {
    struct tjmp newer;
    for (int number = 0; number < THREADS; number++) {
      for (int index = 0; index < 16; index++) {
        CHECK(is_protected(upper(number) + (size_t)index * PAGE));
      }
    }
    change_before_newer();
    point(&newer);
    if (newer.rollbacks > 0) verify_newer();
    if (newer.rollbacks < 3) {
      change_after_newer();
      fall();
    }
    set(3);
    tlongjmp(older, 1);
  }
  verify_older();
  go = 1;
  syscall(SYS_futex, &go, FUTEX_WAKE_PRIVATE, THREADS, NULL, NULL, 0);
  for (int number = 0; number < THREADS; number++) {
    void *result = NULL;
    CHECK(pthread_join(threads[number], &result) == 0);
    CHECK((uint64_t)(uintptr_t)result == seed(number, 0));
  }
  CHECK(why.lost == 0);
  return ok();
}
