/* belay: argument open closed replaced swapped */
/* An eventfd that several numbers lead to counts what it did at the point, whichever of them were
 * closed since, or lead to another one: what was taken off is added once. */
#include "../target.h"
#include <sys/eventfd.h>

enum { COUNT = 8 };

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "open";
  struct tjmp why;
  uint64_t value = 0;
  int first = eventfd(COUNT, EFD_NONBLOCK), second = dup(first), other = eventfd(3, EFD_NONBLOCK);
  CHECK(first >= 0 && second >= 0 && other >= 0);
  point(&why);
  if (why.rollbacks < 3) {
    CHECK(read(first, &value, sizeof value) == sizeof value && value == COUNT);
    if (*how == 'c') close(why.rollbacks == 1 ? first : second);
    if (*how == 'r') CHECK(dup2(other, why.rollbacks == 1 ? first : second) >= 0);
    if (*how == 's') CHECK(dup2(first, other) >= 0 && close(first) == 0);
    fall();
  }
  CHECK(read(second, &value, sizeof value) == sizeof value);
  if (value != COUNT) fail("%d", (int)value);
  CHECK(read(first, &value, sizeof value) == -1 && errno == EAGAIN);
  CHECK(read(other, &value, sizeof value) == sizeof value && value == 3);
  return ok();
}
