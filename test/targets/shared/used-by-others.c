/* belay: argument semaphore queue */
/* Semaphores and queues that somebody else has used last are left as they are, and named. */
#include "shared.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

static int id, to_other[2], to_program[2];

struct message {
  long type;
  char text[8];
};

static void operate(int is_set, short by) {
  struct sembuf operation = {0, by, 0};
  struct message message = {1, "text"};
  if (is_set) CHECK(semop(id, &operation, 1) == 0);
  else CHECK(msgsnd(id, &message, sizeof message.text, IPC_NOWAIT) == 0);
}

static void remove_it(int is_set) {
  if (is_set) semctl(id, 0, IPC_RMID);
  else msgctl(id, IPC_RMID, NULL);
}

static int count(int is_set) {
  struct msqid_ds status;
  if (is_set) return semctl(id, 0, GETVAL);
  CHECK(msgctl(id, IPC_STAT, &status) == 0);
  return (int)status.msg_qnum;
}

int main(int argc, char **argv) {
  struct tjmp why;
  char byte;
  int is_set = argc < 2 || strcmp(argv[1], "semaphore") == 0;
  id = is_set ? semget(IPC_PRIVATE, 1, 0600 | IPC_CREAT) : msgget(IPC_PRIVATE, 0600 | IPC_CREAT);
  CHECK(id >= 0 && pipe(to_other) == 0 && pipe(to_program) == 0);
  pid_t other = fork();
  CHECK(other >= 0);
  if (other == 0) {
    CHECK(read(to_other[0], &byte, 1) == 1);
    operate(is_set, 1);
    CHECK(write(to_program[1], "", 1) == 1);
    for (;;) pause();
  }
  operate(is_set, 1);
  int cd = tsetjmp(&why), error = errno;
  if (cd <= 0) {
    kill(other, SIGKILL);
    remove_it(is_set);
    errno = error;
    point(&why);
  }
  if (why.cause == TJMP_SAVED) {
    CHECK(write(to_other[1], "", 1) == 1 && read(to_program[0], &byte, 1) == 1);
    fall();
  }
  kill(other, SIGKILL);
  int left = count(is_set);
  remove_it(is_set);
  CHECK(left == 2 && (why.lost & TJMP_LOST_SHARED) != 0);
  CHECK((why.lost & TJMP_LOST_UNSURE) == 0);
  return ok();
}
