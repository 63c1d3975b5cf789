/* What the kernel wrote into the program's memory counts as written: read, readv, pipe, getcwd. */
#include "../target.h"
#include <sys/uio.h>

int main(void) {
  struct tjmp why;
  int fd = scratch_file(8 * PAGE, 9);
  char *memory = (char *)anonymous(64 * PAGE);
  fill(memory, 64 * PAGE, 1);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    struct iovec parts[2] = {{memory + 20 * PAGE, 5000}, {memory + 30 * PAGE + 7, 100}};
    CHECK(pread(fd, memory, 8 * PAGE, 0) == (ssize_t)(8 * PAGE));
    CHECK(preadv(fd, parts, 2, 0) == 5100);
    CHECK(getcwd(memory + 40 * PAGE, PAGE) != NULL);
    struct iovec local = {memory, PAGE}, remote = {memory + 50 * PAGE, PAGE};
    CHECK(process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)PAGE);
    fall();
  }
  verify(memory, 64 * PAGE, 1);
  return ok();
}
