/* A program that sets a point, falls when its standard input says so, and tells that it is back. */
#include <belay.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((noinline)) fall_down(long address)
{
  *(volatile int *)address = 1;
}

int main(void)
{
  struct tjmp why;
  char line[64];
  int value = 0;

  memset(&why, 0, sizeof why);
  setvbuf(stdin, NULL, _IONBF, 0);
  if (tsetjmp(&why) < 0) {
    perror("tsetjmp");
    return 3;
  }
  printf("cause %u rollbacks %lu value %d\n", why.cause, (unsigned long)why.rollbacks, value);
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (line[0] == 'f') fall_down(8);
    if (line[0] == 'j') tlongjmp(1, 7);
    if (line[0] == 'q') return 5;
    value++;
    printf("value %d\n", value);
    fflush(stdout);
  }
  return 0;
}
