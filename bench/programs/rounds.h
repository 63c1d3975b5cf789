/* Rounds of points, and of rollbacks to the one point there is, by the clock around each. */
#ifndef ROUNDS_H
#define ROUNDS_H

#include "bench.h"
#include <belay.h>

struct rounds {
  uint64_t count;
  /* The first find memory cold and code not yet compiled. */
  uint64_t warm_up;
  /* What is done before each; its number. */
  void (*work)(uint64_t round);
  /* NULL: by tlongjmp. */
  void (*fall)(void);
};

UNUSED static int make_point(struct tjmp *why) {
  int cd = tsetjmp(why);
  if (cd < 0) die("tsetjmp");
  return cd;
}

UNUSED static void measure_save(const struct rounds *rounds) {
  struct tjmp why;
  int former = make_point(&why);
  for (uint64_t round = 0; round < rounds->count + rounds->warm_up; round++) {
    rounds->work(round);
    uint64_t began = now_ns();
    int cd = make_point(&why);
    uint64_t ns = now_ns() - began;
    if (round >= rounds->warm_up) sample(ns);
    if (tforget(former) != 0) die("tforget");
    former = cd;
  }
}

UNUSED static void measure_back(const struct rounds *rounds) {
  struct tjmp why;
  samples->began = 0;
  int cd = make_point(&why);
  uint64_t ended = now_ns();
  if (why.rollbacks > 0 && samples->began == 0) {
    fputs("the samples were rolled back, too\n", stderr);
    exit(1);
  }
  if (why.rollbacks > rounds->warm_up) sample(ended - samples->began);
  if (why.rollbacks == rounds->count + rounds->warm_up) return;
  rounds->work(why.rollbacks);
  samples->began = now_ns();
  if (rounds->fall == NULL) tlongjmp(cd, 1);
  rounds->fall();
}

#endif
