/* belay: argument errno trap thread process */
/* An allow-list entered since the point does not kill the program for calls that it never made: it
 * is put back all the same, or the jump is refused where the filter may not be suspended. */
#include "confined.h"

static const int allowed[] = {SYS_write, SYS_exit_group, SYS_mmap, BELAY_SYS_TSETJMP,
                              BELAY_SYS_TLONGJMP};

int main(int argc, char **argv) {
  struct tjmp why;
  CHECK(argc == 2);
  int is_exact = may_suspend();
  char *memory = (char *)anonymous(4 * PAGE);
  fill(memory, 4 * PAGE, 1);
  maps_save();
  int cd = point(&why);
  if (why.cause == TJMP_SAVED) {
    shut_in(allowed, sizeof allowed / sizeof *allowed, answer_named(argv[1]));
    fill(memory, 4 * PAGE, 2);
    CHECK(anonymous(16 * PAGE) != NULL);
    CHECK(tlongjmp(cd, 1) == -1 && errno == ENOTRECOVERABLE && !is_exact);
    verify(memory, 4 * PAGE, 2);
  } else {
    CHECK(is_exact && why.cause == TJMP_LONGJMP);
    verify(memory, 4 * PAGE, 1);
    CHECK(why.lost & TJMP_LOST_PRIVILEGES);
  }
  CHECK(write(STDOUT_FILENO, "ok\n", 3) == 3);
  _exit(0);
}
