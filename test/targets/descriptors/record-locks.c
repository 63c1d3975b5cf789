/* belay: --retries 100 */
/* A record lock that was held at the point is held after it, although the file was opened once more
 * since (closing any descriptor of a file drops all locks on it), or is mapped again. */
#include "../target.h"

static int file;

/* Whether another process finds bytes 10 to 19 locked, and no others. */
static int is_held(void) {
  pid_t child = fork();
  if (child == 0) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CHECK(fcntl(file, F_GETLK, &lock) == 0);
    _exit(lock.l_type == F_WRLCK && lock.l_start == 10 && lock.l_len == 10);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status) == 1;
}

int main(void) {
  struct tjmp why;
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10};
  file = scratch_file(PAGE, 1);
  int placed = scratch_file(0, 0);
  void *view = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
  CHECK(view != MAP_FAILED && fcntl(file, F_SETLK, &lock) == 0 && is_held());
  point(&why);
  if (why.rollbacks < 12) {
    CHECK(open(scratch_names[0], O_RDONLY) > file);
    fall();
  }
  if (why.rollbacks == 12) {
    CHECK(open(scratch_names[0], O_RDWR) > file && munmap(view, PAGE) == 0);
    fall();
  }
  CHECK(is_held() && placed > 0);
  CHECK((why.lost & (TJMP_LOST_DESCRIPTORS | TJMP_LOST_LOCKS)) != 0);
  return ok();
}
