/* belay: --every 1; argument stays unmapped opened closed */
/* A program that serves a file system, and has a file of it mapped, is waited for by nobody. */
#include "../served.h"

static char *map_file(void) {
  int fd = open(served_file, O_RDONLY);
  CHECK(fd >= 0);
  char *view = (char *)mmap(NULL, SERVED_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(view != MAP_FAILED && close(fd) == 0);
  view[0] = 1;
  return view;
}

int main(int argc, char **argv) {
  const char *since = argc > 1 ? argv[1] : "stays";
  struct tjmp why;
  int is_served = begin_serving(), fd = -1;
  char *view = is_served ? map_file() : NULL;
  if (is_served) fd = open(served_file, O_RDONLY);
  int cd = tsetjmp(&why);
  if (cd <= 0) {
    int error = errno;
    if (is_served) unmount_served();
    errno = error;
    point(&why);
  }
  if (!is_served) return ok();
  if (why.cause == TJMP_SAVED) {
    for (int round = 0; round < 10; round++) {
      struct stat status;
      sleep_ms(5);
      CHECK(fstat(fd, &status) == 0 && status.st_size == SERVED_SIZE);
      view[1] = (char)round;
      CHECK(mprotect(view, PAGE, round % 2 ? PROT_READ | PROT_WRITE : PROT_READ) == 0);
      if (round % 2 == 0) CHECK(mprotect(view, PAGE, PROT_READ | PROT_WRITE) == 0);
    }
    view[0] = 2;
    if (strcmp(since, "unmapped") == 0) CHECK(munmap(view, SERVED_SIZE) == 0);
    if (strcmp(since, "opened") == 0) CHECK(open(served_file, O_RDONLY) >= 0);
    if (strcmp(since, "closed") == 0) CHECK(close(fd) == 0);
    int result = tlongjmp(cd, 1);
    /* What would take the server while it is stopped is refused. */
    CHECK(strcmp(since, "stays") != 0 && result == -1 && errno == ENOTRECOVERABLE);
  } else {
    CHECK(strcmp(since, "stays") == 0 && view[0] == 1 && view[SERVED_SIZE - 1] == 0);
  }
  return end_serving();
}
