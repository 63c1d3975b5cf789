/* Uses everything in belay.h in the words that C89 and C++98 share; unsupervised. */
#include <belay.h>
#include <stdio.h>
#include <string.h>

static int expect_enosys(const char *name, int result) {
  if (result == -1 && errno == ENOSYS) {
    errno = 0;
    return 0;
  }
  printf("%s gave %d, errno %d\n", name, result, errno);
  return 1;
}

static int offsets_differ(void) {
  return offsetof(struct tjmp, size) != 0 || offsetof(struct tjmp, cause) != 4 ||
         offsetof(struct tjmp, value) != 8 || offsetof(struct tjmp, signo) != 12 ||
         offsetof(struct tjmp, code) != 16 || offsetof(struct tjmp, tid) != 20 ||
         offsetof(struct tjmp, address) != 24 || offsetof(struct tjmp, ip) != 32 ||
         offsetof(struct tjmp, rollbacks) != 40 || offsetof(struct tjmp, lost) != 48 ||
         sizeof(struct tjmp) != 56;
}

int main(void) {
  struct tjmp why;
  struct tjmp before;
  int kept = 7;
  int failures = 0;

  memset(&why, 0xA5, sizeof why);
  before = why;
  errno = 0;
  failures += expect_enosys("tsetjmp", tsetjmp(&why));
  failures += expect_enosys("tsetjmp(NULL)", tsetjmp(NULL));
  failures += expect_enosys("tlongjmp", tlongjmp(1, TJMP_LONGJMP));
  failures += expect_enosys("tforget", tforget(1));
  failures += expect_enosys("tkeep", tkeep(&kept, sizeof kept));
  if (memcmp(&why, &before, sizeof why) != 0 || kept != 7) {
    printf("memory was changed\n");
    failures += 1;
  }
  if (TJMP_SAVED != 0 || TJMP_LONGJMP != 1 || TJMP_SIGNAL != 2 || TJMP_HANG != 3 ||
      TJMP_OPERATOR != 4 || offsets_differ()) {
    printf("a constant or an offset is not the contract's\n");
    failures += 1;
  }
  printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
