/* belay: argument detached in-part removed */
/* A System V segment that was detached is attached again, also one whose id is 0 (the first of its
 * namespace); one that is gone leaves its memory, and is named. */
#include "../maps.h"
#include <sched.h>
#include <sys/ipc.h>
#include <sys/shm.h>

enum { PAGES = 4, LOST_MAPPINGS = 2 };

static int id;

static unsigned long attachments(void) {
  struct shmid_ds status;
  CHECK(shmctl(id, IPC_STAT, &status) == 0);
  return status.shm_nattch;
}

static void verify_attached(char *memory) {
  CHECK(attachments() == 1);
  memory[0] = 'b';
  char *other = (char *)shmat(id, NULL, SHM_RDONLY);
  CHECK(other != (char *)-1 && other[0] == 'b' && shmdt(other) == 0);
  CHECK(shmdt(memory) == 0 && attachments() == 0 && shmctl(id, IPC_RMID, NULL) == 0);
}

int main(int argc, char **argv) {
  struct tjmp why;
  CHECK(argc == 2);
  int in_part = strcmp(argv[1], "in-part") == 0;
  int removed = strcmp(argv[1], "removed") == 0;
  int is_root = unshare(CLONE_NEWIPC) == 0;
  id = shmget(IPC_PRIVATE, PAGES * PAGE, 0600 | IPC_CREAT);
  CHECK(is_root ? id == 0 : id >= 0);
  char *memory = (char *)shmat(id, NULL, 0);
  CHECK(memory != (char *)-1);
  fill(memory, PAGES * PAGE, 1);
  if (removed) CHECK(shmctl(id, IPC_RMID, NULL) == 0);
  maps_save();
  int cd = tsetjmp(&why);
  if (cd < 0) {
    perror("tsetjmp");
    shmctl(id, IPC_RMID, NULL);
    return 3;
  }
  if (why.cause == TJMP_SAVED) {
    if (in_part) CHECK(munmap(memory + PAGE, PAGE) == 0);
    else CHECK(shmdt(memory) == 0);
    tlongjmp(cd, 1);
    /* To hold what is gone takes privilege. */
    CHECK(removed && !is_root && errno == ENOTRECOVERABLE);
    return ok();
  }
  maps_verify();
  verify(memory, PAGES * PAGE, 1);
  CHECK(((why.lost & LOST_MAPPINGS) != 0) == removed);
  if (!removed) verify_attached(memory);
  return ok();
}
