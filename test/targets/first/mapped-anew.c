/*
 * Memory that was saved, mapped anew in many pieces and copied once more: both points are exact,
 * also behind a third one that is forgotten.
 */
#include "large.h"

/* Each of a size that is explored as a whole. */
enum { PIECES = 8 };
#define PIECE ((size_t)6 * MIB)
static char *pieces[PIECES];
static int step;

static void map_pieces(void) {
  for (int index = 0; index < PIECES; index++) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (pieces[index] != NULL ? MAP_FIXED : 0);
    char *piece = (char *)mmap(pieces[index], PIECE + PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    CHECK(piece != MAP_FAILED);
    /* Between two of them, lest they be one. */
    CHECK(mprotect(piece + PIECE, PAGE, PROT_NONE) == 0);
    pieces[index] = piece;
  }
}

static void fill_pieces(int seed) {
  for (int index = 0; index < PIECES; index++) fill(pieces[index], PIECE, (uint64_t)(seed + index));
}

static void verify_pieces(int seed) {
  for (int index = 0; index < PIECES; index++) {
    verify(pieces[index], PIECE, (uint64_t)(seed + index));
  }
}

int main(void) {
  struct tjmp why;
  keep(&step, sizeof step);
  begun_with = count_switches();
  map_pieces();
  fill_pieces(1);
  int first = point(&why);
  if (step == 2) {
    verify_pieces(1);
    return ok();
  }
  CHECK(had_image());
  await_no_image();
  map_pieces();
  fill_pieces(21);
  int middle = point(&why);
  if (step == 1) {
    verify_pieces(21);
    step = 2;
    tlongjmp(first, 1);
  }
  fill(pieces[3], PIECE, 50);
  int last = point(&why);
  CHECK(tforget(last) == 0);
  fill_pieces(61);
  step = 1;
  tlongjmp(middle, 1);
  fail("it went on");
}
