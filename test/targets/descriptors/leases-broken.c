/* A lease that was taken since the point, and is to be given up because somebody opens the file,
 * is none behind it, and nobody waits for that. One that was to be given up at the point stays so;
 * that it is gone by now is told, and one that was taken in its place is none. */
#include "../target.h"

enum { TAKEN, LEFT, GIVEN_UP, REPLACED };

static int fds[REPLACED + 1];

static int open_now(int index) { return open(scratch_names[index], O_WRONLY | O_NONBLOCK); }

static int is_to_be_given_up(int index) {
  int fd = open_now(index);
  if (fd >= 0) close(fd);
  return fd < 0 && errno == EWOULDBLOCK;
}

static void take(int index) { CHECK(fcntl(fds[index], F_SETLEASE, F_RDLCK) == 0); }
static void give_up(int index) { CHECK(fcntl(fds[index], F_SETLEASE, F_UNLCK) == 0); }

int main(void) {
  struct tjmp why;
  signal(SIGIO, SIG_IGN);
  for (int index = TAKEN; index <= REPLACED; index++) {
    close(scratch_file(PAGE, 1));
    fds[index] = open(scratch_names[index], O_RDONLY | O_CLOEXEC);
    CHECK(fds[index] >= 0);
    if (index == TAKEN) continue;
    take(index);
    CHECK(is_to_be_given_up(index));
  }
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(why.lost == 0);
    take(TAKEN);
    CHECK(is_to_be_given_up(TAKEN));
    if (why.rollbacks == 1) give_up(GIVEN_UP), give_up(REPLACED), take(REPLACED);
    fall();
  }
  CHECK((fcntl(fds[TAKEN], F_GETFL) & O_ASYNC) == 0);
  CHECK(!is_to_be_given_up(TAKEN) && is_to_be_given_up(LEFT));
  CHECK(!is_to_be_given_up(GIVEN_UP) && !is_to_be_given_up(REPLACED));
  CHECK((why.lost & TJMP_LOST_LOCKS) != 0);
  return ok();
}
