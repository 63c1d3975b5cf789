/* A second compilation unit: static, weak, aliased, sectioned and hand-written functions. */
#include "shapes.h"

static __attribute__((noinline)) int scale(int value, int factor) {
  int total = 0;
  for (int round = 0; round < factor; round++) {
    total += value ^ sink;
  }
  return total;
}

__attribute__((weak)) int corner_count(void) {
  return 4 + sink;
}

int area(int width, int height) {
  if (width == height) {
    return square(width);
  }
  return scale(width, height);
}

int __area_internal(int, int) __attribute__((alias("area")));

__attribute__((section(".text.far"), noinline)) int circumference(int width, int height) {
  return scale(width + height, 2) + corner_count();
}

__asm__(
    ".text\n"
    ".globl hand_written\n"
    "hand_written:\n"
    "  mov $1, %eax\n"
    "  ret\n");
