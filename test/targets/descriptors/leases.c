/* Leases are those of the point: taken since, given up, made another, closed with their file, or
 * broken by somebody else who has the file open by now, which is told. */
#include "../target.h"

enum { GIVEN_UP, TAKEN, CHANGED, CLOSED };

static int ready[2], end[2];

static int lease_of(int fd) { return fcntl(fd, F_GETLEASE); }

/* Another process opens the file for writing, and keeps it open until it is told to end. */
static pid_t open_elsewhere(const char *name, int fd) {
  char byte;
  pid_t child = fork();
  if (child == 0) {
    close(end[1]), close(fd);
    int file = open(name, O_WRONLY); /* waits until the lease is given up */
    _exit(file < 0 || write(ready[1], "x", 1) != 1 || read(end[0], &byte, 1) != 0);
  }
  while (lease_of(fd) != F_UNLCK) sleep_ms(1);
  CHECK(fcntl(fd, F_SETLEASE, F_UNLCK) == 0 && read(ready[0], &byte, 1) == 1);
  return child;
}

int main(void) {
  struct tjmp why;
  int fds[4], status;
  pid_t child = 0;
  signal(SIGIO, SIG_IGN);
  for (int index = GIVEN_UP; index <= CLOSED; index++) {
    close(scratch_file(PAGE, 1));
    fds[index] = open(scratch_names[index], O_RDONLY | O_CLOEXEC);
    CHECK(fds[index] >= 0);
  }
  CHECK(fcntl(fds[GIVEN_UP], F_SETLEASE, F_RDLCK) == 0);
  CHECK(fcntl(fds[CHANGED], F_SETLEASE, F_RDLCK) == 0);
  CHECK(fcntl(fds[CLOSED], F_SETLEASE, F_WRLCK) == 0);
  CHECK(pipe(ready) == 0 && pipe(end) == 0);
  keep(&child, sizeof child);
  point(&why);
  if (why.rollbacks < 2) {
    if (why.rollbacks == 0) {
      CHECK(fcntl(fds[GIVEN_UP], F_SETLEASE, F_UNLCK) == 0);
    } else { /* it is to be given up, and is not yet */
      CHECK(open(scratch_names[GIVEN_UP], O_WRONLY | O_NONBLOCK) < 0 && errno == EWOULDBLOCK);
      CHECK(lease_of(fds[GIVEN_UP]) == F_UNLCK);
    }
    CHECK(fcntl(fds[TAKEN], F_SETLEASE, F_WRLCK) == 0);
    CHECK(fcntl(fds[CHANGED], F_SETLEASE, F_WRLCK) == 0);
    CHECK(close(fds[CLOSED]) == 0);
    fall();
  }
  if (why.rollbacks == 2) {
    CHECK(lease_of(fds[GIVEN_UP]) == F_RDLCK && lease_of(fds[TAKEN]) == F_UNLCK);
    CHECK(lease_of(fds[CHANGED]) == F_RDLCK && lease_of(fds[CLOSED]) == F_WRLCK);
    child = open_elsewhere(scratch_names[CHANGED], fds[CHANGED]);
    fall();
  }
  CHECK(lease_of(fds[CHANGED]) == F_UNLCK && (why.lost & TJMP_LOST_LOCKS) != 0);
  close(end[1]);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  return ok();
}
