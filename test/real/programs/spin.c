/* Goes back to its point again and again, far longer than a second of its supervisor's time. */
#include <belay.h>
#include <stdio.h>
#include <unistd.h>

enum { ROUNDS = 20000 };

static struct tjmp why;
static volatile int round_count;

int main(void) {
  tkeep((void *)&round_count, sizeof round_count);
  int cd = tsetjmp(&why);
  if (cd < 0) return 1;
  round_count++;
  if (round_count < ROUNDS) tlongjmp(cd, 1);
  puts("went on");
  return 0;
}
