/* Functions of many kinds for the symbol tests, and one that is inlined from a header. */
#ifndef SHAPES_H
#define SHAPES_H

extern volatile int sink;

int area(int width, int height);
int circumference(int width, int height);

static inline int square(int side) {
  int result = side * side;
  if (result > 1000) {
    sink += result;
  }
  return result;
}

#endif
