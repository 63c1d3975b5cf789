/* Each point has what was in a pipe when it was made, also where nothing else has changed. */
#include "channels.h"

int main(void) {
  struct tjmp why;
  int ends[2], cds[3];
  CHECK(pipe(ends) == 0);
  for (int index = 0; index < 3; index++) {
    char text[2] = {(char)('a' + index), 0};
    put(ends[1], text);
    int cd = point(&why);
    if (why.rollbacks == 0) {
      cds[index] = cd;
      continue;
    }
    const char *expected[] = {"a", "ab", "abc"};
    expect(ends[0], expected[index]);
    if (index == 0) return ok();
    tlongjmp(cds[index - 1], 1);
  }
  expect(ends[0], "abc");
  tlongjmp(cds[2], 1);
  return 1;
}
