/* The program sees none of the supervisor's descriptors: no userfaultfd, no socket, no other. */
#include "../target.h"

static int count_open(void) {
  int count = 0;
  for (int fd = 0; fd < 1024; fd++) {
    char link[64], name[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0) continue;
    name[length] = 0;
    if (strncmp(name, "anon_inode:", 11) == 0) fail("descriptor %d is %s", fd, name);
    if (fd > 2 && strncmp(name, "socket:", 7) == 0) fail("descriptor %d is %s", fd, name);
    count++;
  }
  return count;
}

int main(void) {
  struct tjmp why;
  int before = count_open();
  point(&why);
  CHECK(count_open() == before);
  if (why.rollbacks < 2) fall();
  return ok();
}
