/* A file that is held for a point is run, leased and locked by others as if nobody held it. */
#include "../target.h"
#include <sys/file.h>

enum { SIZE = 64 * 1024 };

/* Writes a program into a new file through a mapping, which a point has seen. */
static int write_program(int file) {
  int from = open("/bin/true", O_RDONLY);
  CHECK(file >= 0 && from >= 0 && ftruncate(file, SIZE) == 0);
  char *view = (char *)mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  CHECK(view != MAP_FAILED && read(from, view, SIZE) > 0);
  close(from);
  point(NULL);
  CHECK(munmap(view, SIZE) == 0);
  return file;
}

static int reopen(int file, int flags) {
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  int fd = open(name, flags | O_CLOEXEC);
  CHECK(fd >= 0);
  close(file);
  return fd;
}

static void run(int file) {
  char *words[] = {"true", NULL};
  int fd = reopen(file, O_RDONLY), status;
  pid_t child = fork();
  if (child == 0) {
    fexecve(fd, words, environ);
    _exit(errno);
  }
  CHECK(waitpid(child, &status, 0) == child);
  if (status != 0) fail("%s", strerror(WEXITSTATUS(status)));
  close(fd);
}

static void lease(int file) {
  CHECK(signal(SIGIO, SIG_IGN) != SIG_ERR);
  CHECK(fcntl(file, F_SETLEASE, F_WRLCK) == 0);
  CHECK(fcntl(file, F_SETLEASE, F_UNLCK) == 0);
}

/* With the last descriptor its lock goes. */
static void lock(int file) {
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  int other = open(name, O_RDWR | O_CLOEXEC);
  CHECK(other >= 0 && flock(file, LOCK_EX) == 0);
  char *view = (char *)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  CHECK(view != MAP_FAILED);
  point(NULL);
  CHECK(munmap(view, PAGE) == 0 && close(file) == 0);
  CHECK(flock(other, LOCK_EX | LOCK_NB) == 0);
  close(other);
}

int main(void) {
  for (int round = 0; round < 5; round++) {
    run(write_program(memfd_create("program", MFD_CLOEXEC)));
    lease(write_program(unlinked_file(SIZE, 1)));
    lock(memfd_create("locked", MFD_CLOEXEC));
    lock(unlinked_file(PAGE, 1));
  }
  return ok();
}
