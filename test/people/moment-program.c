/* Takes another name and notes the time before it falls, and again when it is back. */
#define _GNU_SOURCE
#include <belay.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

static volatile long long before_ms;

static long long now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int main(void)
{
  static struct tjmp why;
  getchar(); /* somebody reads what we print */
  tkeep((void *)&before_ms, sizeof before_ms);
  prctl(PR_SET_NAME, "at-the-point");
  if (tsetjmp(&why) < 0) return 3;
  if (why.cause != TJMP_SAVED) {
    printf("%lld %lld\n", before_ms, now_ms());
    return 0;
  }
  prctl(PR_SET_NAME, "at-the-fall");
  before_ms = now_ms();
  *(volatile int *)8 = 1;
  return 4;
}
