/* The program has exactly the descriptors that it was given, none of the supervisor's. */
#include "../target.h"

static int count_open(void) {
  int count = 0;
  for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) != -1;
  return count;
}

int main(void) {
  struct tjmp why;
  point(&why);
  if (count_open() != 3) fail("%d descriptors", count_open());
  if (why.rollbacks < 2) fall();
  return ok();
}
