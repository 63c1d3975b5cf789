/* belay: --retries 9; argument 1 4 */
/* A working directory that was changed since the point is what it was, also from a directory that
 * is gone; where it has another name by now, or none, that is said. */
#include "../target.h"
#include "../crew.h"
#include <sys/stat.h>

static char base[] = "/tmp/belay-directory-XXXXXX";

static void clean_up(void) {
  CHECK(chdir("/") == 0 && chdir(base) == 0);
  rmdir("one"), rmdir("other"), rmdir("two");
  CHECK(chdir("/") == 0 && rmdir(base) == 0);
}

static int is_here(const struct stat *wanted) {
  struct stat here;
  CHECK(stat(".", &here) == 0);
  return here.st_dev == wanted->st_dev && here.st_ino == wanted->st_ino;
}

int main(int argc, char **argv) {
  static unsigned int falls;
  struct tjmp why;
  struct stat one;
  keep(&falls, sizeof falls);
  crew_start(crew_size(argc, argv));
  CHECK(mkdtemp(base) != NULL && chdir(base) == 0);
  CHECK(mkdir("one", 0700) == 0 && mkdir("two", 0700) == 0 && chdir("one") == 0);
  CHECK(stat(".", &one) == 0);
  point(&why);
  if (falls < 3 && !is_here(&one)) fail("elsewhere after fall %u", falls);
  if (falls < 3 && why.lost != 0) fail("lost %" PRIx64 " after fall %u", why.lost, falls);
  switch (falls++) {
    case 0: CHECK(chdir("/") == 0); fall(); break;
    case 1: CHECK(chdir("../two") == 0 && rmdir("../two") == 0); fall(); break;
    case 2:
      CHECK(chdir("..") == 0 && rename("one", "other") == 0 && mkdir("one", 0700) == 0);
      fall();
      break;
    default: break;
  }
  CHECK(is_here(&one) || (why.lost & TJMP_LOST_ATTRIBUTES) != 0);
  clean_up();
  return ok();
}
