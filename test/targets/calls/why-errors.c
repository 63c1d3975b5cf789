/* EFAULT and EINVAL for a bad `why`: no point is made. */
#include "../target.h"

static int raw(void *why, size_t size) {
  return (int)syscall(BELAY_SYS_TSETJMP, why, size);
}

int main(void) {
  struct tjmp why, untouched;
  char *memory = (char *)anonymous(3 * PAGE);
  CHECK(mprotect(memory + PAGE, PAGE, PROT_READ) == 0 && munmap(memory + 2 * PAGE, PAGE) == 0);
  int first = point(&why);
  if (why.cause == TJMP_SIGNAL) return ok();
  CHECK(raw((void *)4096, 48) == -1 && errno == EFAULT);
  CHECK(raw((void *)UINT64_C(0xFFFFFFFFFFFFF000), 48) == -1 && errno == EFAULT);
  CHECK(raw(memory + PAGE, 48) == -1 && errno == EFAULT);
  CHECK(raw(memory + PAGE - 24, 48) == -1 && errno == EFAULT);
  CHECK(raw(memory + 2 * PAGE - 24, 48) == -1 && errno == EFAULT);
  memset(&why, 0x5A, sizeof why);
  untouched = why;
  CHECK(raw(&why, 47) == -1 && errno == EINVAL);
  CHECK(raw(&why, 0) == -1 && errno == EINVAL);
  CHECK(raw(memory + 1, 48) == -1 && errno == EINVAL);
  CHECK(raw(memory + 2, 48) == -1 && errno == EINVAL);
  CHECK(memcmp(&why, &untouched, sizeof why) == 0);
  CHECK(tforget(first + 1) == -1 && errno == EBADF);
  fall();
  fail("went on after a fall");
}
