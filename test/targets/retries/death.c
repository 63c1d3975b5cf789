/* belay: --retries 2; signal SIGSEGV */
/* With every point tried in vain the program dies of the signal itself, with the usual status. */
#include "../target.h"

static int goes;

int main(void) {
  keep(&goes, sizeof goes);
  point(NULL);
  if (++goes == 3) ok();
  fall();
  fail("went on after a fall");
}
