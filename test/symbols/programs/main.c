/* Prints the addresses of two functions of its own and one of libc, then waits for its input. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "shapes.h"

volatile int sink;

int main(int argc, char **argv) {
  int width = argc > 1 ? atoi(argv[1]) : 3;
  int total = area(width, 4) + area(width, width) + circumference(width, 2);
  void *library_function = dlsym(RTLD_DEFAULT, "getenv");
  printf("%p %p %p %d\n", (void *)main, (void *)area, library_function, total);
  fflush(stdout);
  return getchar() == 'x';
}
