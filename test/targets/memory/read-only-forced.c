/* Read-only memory, written all the same through /proc/self/mem: code, constants, PROT_NONE. */
#include "../target.h"

static const uint64_t constants[1024] __attribute__((aligned(4096))) = {1, 2, 3};
__attribute__((noinline, aligned(4096))) static int code(void) {
  __asm__ volatile("nop; nop; nop; nop");
  return 7;
}

static void force(int fd, const void *address, size_t size) {
  char bytes[4096];
  memset(bytes, 0xCC, sizeof bytes);
  CHECK(pwrite(fd, bytes, size, (off_t)(uintptr_t)address) == (ssize_t)size);
}

int main(void) {
  struct tjmp why;
  char *hidden = (char *)anonymous(2 * PAGE);
  fill(hidden, 2 * PAGE, 1);
  CHECK(mprotect(hidden, 2 * PAGE, PROT_NONE) == 0);
  int fd = open("/proc/self/mem", O_RDWR);
  CHECK(fd >= 0);
  CHECK(point(&why) == 1);
  if (why.cause == TJMP_SAVED) {
    force(fd, constants, PAGE);
    force(fd, (const void *)code, 16);
    force(fd, hidden, PAGE);
    code();
  }
  CHECK(why.cause == TJMP_SIGNAL && why.signo == SIGTRAP);
  CHECK(code() == 7 && constants[0] == 1 && constants[2] == 3 && constants[1023] == 0);
  CHECK(mprotect(hidden, 2 * PAGE, PROT_READ) == 0);
  verify(hidden, 2 * PAGE, 1);
  return ok();
}
