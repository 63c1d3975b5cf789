/* Lines written to standard output since the point are not written over. */
#include "../target.h"

int main(void) {
  struct tjmp why;
  setvbuf(stdout, NULL, _IOLBF, 0);
  point(&why);
  if (why.rollbacks == 0) {
    if (isatty(1) == 0 && lseek(1, 0, SEEK_CUR) >= 0) puts("a line that only the first try writes");
    fall();
  }
  return ok();
}
