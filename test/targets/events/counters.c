/* What came to an eventfd since is taken off again where it is the program's alone, also by parts;
 * it stays where a process has it that was there at the point. */
#include "../target.h"
#include <sys/eventfd.h>

static void add(int fd, uint64_t count) { CHECK(write(fd, &count, sizeof count) == sizeof count); }

static uint64_t take(int fd) {
  uint64_t count = 0;
  CHECK(read(fd, &count, sizeof count) == (ssize_t)sizeof count || errno == EAGAIN);
  return count;
}

int main(void) {
  struct tjmp why;
  char byte;
  int ends[2], shared = eventfd(2, EFD_NONBLOCK);
  CHECK(pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) != 0);
  }
  int own = eventfd(0, EFD_NONBLOCK), waiting = eventfd(1, 0);
  int parts = eventfd(3, EFD_NONBLOCK | EFD_SEMAPHORE);
  sleep_ms(50); /* children are told apart by the hundredth of a second in which they began */
  int cd = point(&why);
  if (why.rollbacks < 2) {
    add(own, 5), add(waiting, 6), add(parts, 4), add(shared, 3);
    tlongjmp(cd, 1);
  }
  CHECK(why.lost == 0 && take(own) == 0 && take(waiting) == 1 && take(shared) == 8);
  for (int index = 0; index < 3; index++) CHECK(take(parts) == 1);
  CHECK(take(parts) == 0);
  return ok();
}
