/* belay: argument segment memfd opened */
/* Memory that somebody else has when the program goes back is left as it is, and named. */
#include "shared.h"
#include <sys/ipc.h>
#include <sys/shm.h>

enum { SIZE = 2 * 4096 };

static int to_stranger[2], to_program[2], id = -1, fd = -1;

static void take(int from) {
  char byte;
  CHECK(read(from, &byte, 1) == 1);
}

static void give(int to) { CHECK(write(to, "", 1) == 1); }

/* Has nothing of the program's until it is told to. */
static void be_stranger(const char *how, pid_t program) {
  char name[64], *memory;
  take(to_stranger[0]);
  if (strcmp(how, "segment") == 0) {
    CHECK(read(to_stranger[0], &id, sizeof id) == sizeof id);
    memory = (char *)shmat(id, NULL, 0);
  } else {
    CHECK(read(to_stranger[0], &fd, sizeof fd) == sizeof fd);
    snprintf(name, sizeof name, "/proc/%d/fd/%d", program, fd);
    fd = open(name, O_RDWR);
    CHECK(fd >= 0);
    memory = strcmp(how, "opened") == 0 ? NULL : map_shared(fd, SIZE);
    if (memory != NULL) close(fd);
  }
  CHECK(memory != (char *)-1);
  give(to_program[1]);
  take(to_stranger[0]);
  _exit(0);
}

int main(int argc, char **argv) {
  struct tjmp why;
  const char *how = argc > 1 ? argv[1] : "segment";
  int is_segment = strcmp(how, "segment") == 0, status;
  CHECK(pipe(to_stranger) == 0 && pipe(to_program) == 0);
  pid_t program = getpid(), stranger = fork();
  CHECK(stranger >= 0);
  if (stranger == 0) be_stranger(how, program);
  char *memory;
  if (is_segment) {
    id = shmget(IPC_PRIVATE, SIZE, 0600 | IPC_CREAT);
    memory = (char *)shmat(id, NULL, 0);
    CHECK(memory != (char *)-1);
  } else {
    fd = memory_file(SIZE);
    memory = map_shared(fd, SIZE);
  }
  int cd = tsetjmp(&why), error = errno;
  if (cd <= 0) {
    kill(stranger, SIGKILL);
    if (is_segment) shmctl(id, IPC_RMID, NULL);
    errno = error;
    point(&why);
  }
  if (why.rollbacks == 0) {
    int *name = is_segment ? &id : &fd;
    give(to_stranger[1]);
    CHECK(write(to_stranger[1], name, sizeof *name) == sizeof *name);
    take(to_program[0]);
    fill(memory, SIZE, 2);
    fall();
  }
  if (why.rollbacks == 1) {
    CHECK((why.lost & TJMP_LOST_SHARED) != 0);
    verify(memory, SIZE, 2);
    give(to_stranger[1]);
    CHECK(waitpid(stranger, &status, 0) == stranger && status == 0);
    tlongjmp(cd, 1);
  }
  if (is_segment) shmctl(id, IPC_RMID, NULL);
  CHECK((why.lost & TJMP_LOST_SHARED) == 0);
  verify_zero(memory, SIZE);
  return ok();
}
