/* belay: argument attached detached removed removed-since */
/* The content of a System V segment goes back, also when it was detached since. */
#include "shared.h"
#include <sys/ipc.h>
#include <sys/shm.h>

enum { PAGES = 4 };

int main(int argc, char **argv) {
  struct tjmp why;
  const char *how = argc > 1 ? argv[1] : "attached";
  int is_removed = strcmp(how, "removed") == 0;
  int id = shmget(IPC_PRIVATE, PAGES * PAGE, 0600 | IPC_CREAT);
  CHECK(id >= 0);
  char *memory = (char *)shmat(id, NULL, 0), *again = (char *)shmat(id, NULL, 0);
  CHECK(memory != (char *)-1 && again != (char *)-1);
  fill(memory, 2 * PAGE, 1);
  if (is_removed) CHECK(shmctl(id, IPC_RMID, NULL) == 0);
  int cd = tsetjmp(&why);
  if (cd <= 0 || why.cause != TJMP_SAVED) {
    int error = errno;
    struct shmid_ds status;
    CHECK(is_removed || (shmctl(id, IPC_STAT, &status) == 0 && status.shm_nattch == 2));
    shmctl(id, IPC_RMID, NULL);
    errno = error;
    if (cd <= 0) point(&why);
  } else {
    fill(memory, PAGES * PAGE, 2);
    if (strcmp(how, "detached") == 0) CHECK(shmdt(memory) == 0);
    if (strcmp(how, "removed-since") == 0) CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_SHARED) == 0 && count_present(again, PAGES) == 2);
  verify(memory, 2 * PAGE, 1);
  verify_zero(again + 2 * PAGE, 2 * PAGE);
  return ok();
}
