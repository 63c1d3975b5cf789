/* Over many points, some forgotten, and many ways back, each byte is that of its point. */
#include "shared.h"

enum { PAGES = 32, ROUNDS = 60 };

int main(void) {
  static int round, back;
  struct tjmp why[ROUNDS];
  int cds[ROUNDS];
  static unsigned char model[ROUNDS][PAGES];
  char *memory = shared_anonymous(PAGES * PAGE);
  keep(&back, sizeof back);
  for (round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < 3; i++) memory[(round * 7 + i * 5) % PAGES * PAGE] = (char)(round + 1);
    for (int page = 0; page < PAGES; page++) model[round][page] = memory[page * PAGE];
    int here = round;
    cds[here] = point(&why[here]);
    here = round;
    for (int page = 0; page < PAGES; page++) {
      if ((unsigned char)memory[page * PAGE] == model[here][page]) continue;
      fail("page %d in round %d: %d, not %d", page, here, memory[page * PAGE], model[here][page]);
    }
    if (why[here].rollbacks > 0) CHECK((why[here].lost & TJMP_LOST_SHARED) == 0);
    if (here % 5 == 3 && back < 40) {
      memory[here % PAGES * PAGE] = 77;
      back++;
      tlongjmp(cds[back % 2 ? here : here - 2], 1);
    }
    if (here % 4 == 2 && here > 10) CHECK(tforget(cds[here - 9]) == 0 || errno == EBADF);
  }
  return ok();
}
