/* Packets of a pipe (O_DIRECT) keep their boundaries, and so does a lone one. */
#include "channels.h"

int main(void) {
  struct tjmp why;
  int many[2], one[2], plain[2];
  CHECK(pipe2(many, O_DIRECT) == 0 && pipe2(one, O_DIRECT) == 0 && pipe(plain) == 0);
  put(many[1], "one"), put(many[1], "two"), put(many[1], "three");
  put(one[1], "lone"), put(plain[1], "plain"), put(plain[1], "ly");
  point(&why);
  if (why.rollbacks == 0) {
    expect(many[0], "one"), expect(many[0], "two");
    put(many[1], "four");
    expect(one[0], "lone");
    expect(plain[0], "plainly");
    fall();
  }
  put(one[1], "another"), put(plain[1], "!");
  expect(many[0], "one"), expect(many[0], "two"), expect(many[0], "three");
  expect(one[0], "lone"), expect(one[0], "another");
  expect(plain[0], "plainly!");
  CHECK(waiting(many[0]) == 0 && why.lost == 0);
  return ok();
}
