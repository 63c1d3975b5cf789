/* A directory that the program has left while its memory is copied is nobody's: not the image's. */
#include "large.h"

static pid_t image;

/* Whether the kernel tells that a process is in a directory other than "/". */
static void check_directory(const char *link) {
  char path[64], text[256] = "";
  snprintf(path, sizeof path, "/proc/%d/%s", image, link);
  ssize_t size = readlink(path, text, sizeof text - 1);
  /* It may have ended meanwhile. */
  if (size >= 0 && strcmp(text, "/") != 0) fail("%s is %s", link, text);
}

int main(void) {
  char directory[] = "/tmp/belay-target-XXXXXX";
  CHECK(mkdtemp(directory) != NULL && chdir(directory) == 0);
  large_memory();
  int cd = tsetjmp(NULL);
  int error = errno;
  image = find_image();
  CHECK(chdir("/") == 0 && rmdir(directory) == 0);
  errno = error;
  if (cd <= 0) return errno == ENOSYS ? 3 : 1;
  CHECK(had_image());
  if (image != 0) check_directory("cwd");
  return ok();
}
