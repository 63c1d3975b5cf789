/* belay: argument operated undone set removed waited */
/* The values of System V semaphores go back, a thread that waits for one waits on, and the kernel
 * still tells that the program was the last to operate on them. */
#include "shared.h"
#include <sys/ipc.h>
#include <sys/sem.h>

enum { COUNT = 3 };

static int set = -1;
static volatile int is_through;

static int operate(unsigned short which, short by, short flags) {
  struct sembuf operation = {which, by, flags};
  return semop(set, &operation, 1);
}

static void *wait_for_third(void *argument) {
  CHECK(operate(2, -5, 0) == 0);
  is_through = 1;
  for (;;) pause();
  return argument;
}

int main(int argc, char **argv) {
  struct tjmp why;
  pthread_t thread;
  const char *how = argc > 1 ? argv[1] : "operated";
  unsigned short values[COUNT] = {1, 20000, 0};
  set = semget(IPC_PRIVATE, COUNT, 0600 | IPC_CREAT);
  CHECK(set >= 0 && semctl(set, 0, SETALL, values) == 0);
  if (strcmp(how, "waited") == 0) {
    CHECK(pthread_create(&thread, NULL, wait_for_third, NULL) == 0);
    while (semctl(set, 2, GETNCNT) == 0) usleep(1000);
  }
  int cd = tsetjmp(&why), error = errno;
  if (cd <= 0) {
    semctl(set, 0, IPC_RMID);
    errno = error;
    point(&why);
  }
  if (why.cause == TJMP_SAVED) {
    if (strcmp(how, "set") == 0) CHECK(semctl(set, 1, SETVAL, 7) == 0);
    else if (strcmp(how, "removed") == 0) CHECK(semctl(set, 0, IPC_RMID) == 0);
    else CHECK(operate(0, -1, strcmp(how, "undone") == 0 ? SEM_UNDO : 0) == 0);
    if (strcmp(how, "waited") == 0) {
      CHECK(operate(2, 6, 0) == 0);
      while (!is_through) usleep(1000);
    }
    fall();
  }
  CHECK((why.lost & TJMP_LOST_SHARED) != 0 && !is_through);
  if (strcmp(how, "removed") == 0) {
    CHECK((why.lost & TJMP_LOST_UNSURE) == 0 && semctl(set, 0, GETVAL) == -1);
    return ok();
  }
  CHECK(semctl(set, 0, GETALL, values) == 0);
  if (values[0] != 1 || values[1] != 20000 || values[2] != 0) {
    semctl(set, 0, IPC_RMID);
    fail("values %d, %d, %d", values[0], values[1], values[2]);
  }
  CHECK((why.lost & TJMP_LOST_UNSURE) != 0);
  CHECK(semctl(set, 0, GETPID) == getpid() && semctl(set, 1, GETPID) == getpid());
  if (strcmp(how, "waited") == 0) {
    CHECK(operate(2, 5, 0) == 0);
    while (!is_through) usleep(1000);
  }
  return semctl(set, 0, IPC_RMID) == 0 ? ok() : 1;
}
