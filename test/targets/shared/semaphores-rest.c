/* belay: ; argument operated set replaced */
/*
 * Semaphores on which nobody has operated for some time are not read at each point; what is done
 * then is seen all the same, also where a set takes the place of another.
 */
#include "shared.h"
#include <sys/ipc.h>
#include <sys/sem.h>

enum { COUNT = 3 };

static int set = -1;

static void make(unsigned short first) {
  unsigned short values[COUNT] = {first, 2, 3};
  set = semget(IPC_PRIVATE, COUNT, 0600 | IPC_CREAT);
  CHECK(set >= 0 && semctl(set, 0, SETALL, values) == 0);
}

static void operate(short by) {
  struct sembuf operation = {0, by, 0};
  CHECK(semop(set, &operation, 1) == 0);
}

static void expect(unsigned short first, unsigned short second) {
  unsigned short values[COUNT] = {0, 0, 0};
  CHECK(semctl(set, 0, GETALL, values) == 0);
  if (values[0] == first && values[1] == second && values[2] == 3) return;
  semctl(set, 0, IPC_RMID);
  fail("values %d, %d, %d", values[0], values[1], values[2]);
}

/* Two points, of which the second finds all as it was. */
static void rest(void) {
  sleep_ms(2200);
  if (tsetjmp(NULL) > 0 && tsetjmp(NULL) > 0) return;
  int error = errno;
  semctl(set, 0, IPC_RMID);
  errno = error;
  point(NULL);
}

int main(int argc, char **argv) {
  struct tjmp why;
  const char *how = argc > 1 ? argv[1] : "operated";
  make(1);
  rest();
  if (strcmp(how, "operated") == 0) operate(4);
  if (strcmp(how, "set") == 0) CHECK(semctl(set, 0, SETVAL, 5) == 0);
  if (strcmp(how, "replaced") == 0) {
    CHECK(semctl(set, 0, IPC_RMID) == 0);
    make(5);
  }
  point(&why);
  if (why.cause == TJMP_SAVED) {
    operate(7);
    CHECK(semctl(set, 1, SETVAL, 9) == 0);
    fall();
  }
  expect(5, 2);
  return semctl(set, 0, IPC_RMID) == 0 ? ok() : 1;
}
