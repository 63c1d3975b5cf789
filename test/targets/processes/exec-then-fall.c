/* belay: signal SIGSEGV */
/* No point of before is fallen back on after exec: the new program dies as programs do. */
#include "../target.h"

int main(int argc, char **argv) {
  if (argc == 1) {
    point(NULL);
    execl(argv[0], argv[0], "again", (char *)NULL);
    fail("exec: errno %d", errno);
  }
  ok();
  fall();
  fail("went on after a fall");
}
