/* tkeep: EINVAL for nothing and for a wrap, EFAULT for what is not mapped, ENOMEM after 1024. */
#include "../target.h"

int main(void) {
  static unsigned char ranges[1024 * 64];
  static unsigned char one_more;
  char *memory = (char *)anonymous(3 * PAGE);
  point(NULL);
  CHECK(tkeep(memory, 0) == -1 && errno == EINVAL);
  CHECK(tkeep(memory, SIZE_MAX) == -1 && errno == EINVAL);
  CHECK(munmap(memory + PAGE, PAGE) == 0);
  CHECK(tkeep(NULL, 1) == -1 && errno == EFAULT);
  CHECK(tkeep(memory, 2 * PAGE) == -1 && errno == EFAULT);
  CHECK(tkeep(memory + PAGE - 1, 2) == -1 && errno == EFAULT);
  CHECK(tkeep(memory, 3 * PAGE) == -1 && errno == EFAULT);
  for (int index = 0; index < 1024; index++) {
    if (tkeep(&ranges[index * 64], 8) != 0) fail("range %d: errno %d", index, errno);
  }
  CHECK(tkeep(&one_more, 1) == -1 && errno == ENOMEM);
  return ok();
}
