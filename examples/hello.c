/* hello: destroys its own data and stack, and goes on from its fallback point. */
#include <belay.h>
#include <stdio.h>
#include <string.h>

static char ledger[] = "ann owes ben 5";

static void destroy_upwards(char *from) {
  for (;;) *from++ = '#';
}

int main(void) {
  struct tjmp why = {0};
  int cd;

  setbuf(stdout, NULL);
  cd = tsetjmp(&why);
  if (cd < 0) perror("tsetjmp");
  if (why.cause == TJMP_SIGNAL) {
    printf("back on point %d after signal %d: %s\n", cd, why.signo, ledger);
    return 0;
  }
  puts("destroying data and stack");
  memset(ledger, '#', sizeof ledger);
  destroy_upwards((char *)&why);
}
