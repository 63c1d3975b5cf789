/* belay: argument full lowered hard */
/* Files closed since come back under their own numbers where every number below the limit is taken,
 * the limit was lowered since, or there is no number more. */
#include "../target.h"
#include <sys/resource.h>

#define LIMIT 64
#define CLOSED 5

static int fds[LIMIT], count;

static void limit_to(rlim_t soft, int is_hard) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = soft;
  if (is_hard) limit.rlim_max = soft;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

int main(int argc, char **argv) {
  struct tjmp why;
  CHECK(argc == 2);
  int is_lowered = strcmp(argv[1], "lowered") == 0;
  /* The first point needs a number for a moment. */
  point(NULL);
  int first = scratch_file(PAGE, 7);
  limit_to(LIMIT, strcmp(argv[1], "hard") == 0);
  for (int fd = first; fd >= 0 && count < (is_lowered ? CLOSED : LIMIT); count++) {
    fds[count] = fd;
    CHECK(lseek(fd, 100 + count, SEEK_SET) == 100 + count);
    fd = open(scratch_names[0], O_RDWR);
  }
  point(&why);
  if (why.rollbacks < 2) {
    for (int index = count - CLOSED; index < count; index++) CHECK(close(fds[index]) == 0);
    if (is_lowered) limit_to(3, 0);
    fall();
  }
  for (int index = 0; index < count; index++) {
    off_t offset = lseek(fds[index], 0, SEEK_CUR);
    if (offset != 100 + index) fail("%d of %d: %d at %d", index, count, fds[index], (int)offset);
  }
  return ok();
}
