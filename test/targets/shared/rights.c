/* belay: argument queue room semaphores segment other */
/* Whose the objects of System V are, who may use them, and how much a queue may hold (IPC_SET) is
 * as it was, also where the program could not even look at them any more; what another process
 * uses, too, is left, and that is said. */
#include "shared.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

struct message {
  long type;
  char text[512];
};

static int queue = -1, set = -1, segment = -1;

static void remove_all(void) {
  msgctl(queue, IPC_RMID, NULL);
  semctl(set, 0, IPC_RMID);
  shmctl(segment, IPC_RMID, NULL);
}

static void make_all(void) {
  struct message message = {.type = 1};
  unsigned short value = 3;
  queue = msgget(IPC_PRIVATE, 0600 | IPC_CREAT);
  set = semget(IPC_PRIVATE, 1, 0640 | IPC_CREAT);
  segment = shmget(IPC_PRIVATE, PAGE, 0604 | IPC_CREAT);
  CHECK(queue >= 0 && set >= 0 && segment >= 0);
  CHECK(msgsnd(queue, &message, sizeof message.text, 0) == 0);
  CHECK(semctl(set, 0, SETALL, &value) == 0);
}

/* Mode and group of all three, and the room of the queue. */
struct rights {
  unsigned modes[3], groups[3];
  unsigned long room;
};

static struct rights read_rights(void) {
  struct msqid_ds of_queue;
  struct semid_ds of_set;
  struct shmid_ds of_segment;
  CHECK(msgctl(queue, IPC_STAT, &of_queue) == 0 && semctl(set, 0, IPC_STAT, &of_set) == 0);
  CHECK(shmctl(segment, IPC_STAT, &of_segment) == 0);
  struct rights now = {
      {of_queue.msg_perm.mode, of_set.sem_perm.mode, of_segment.shm_perm.mode},
      {of_queue.msg_perm.gid, of_set.sem_perm.gid, of_segment.shm_perm.gid},
      of_queue.msg_qbytes,
  };
  return now;
}

static void change(const char *what) {
  struct message message;
  struct msqid_ds of_queue;
  struct semid_ds of_set;
  struct shmid_ds of_segment;
  CHECK(msgctl(queue, IPC_STAT, &of_queue) == 0 && semctl(set, 0, IPC_STAT, &of_set) == 0);
  CHECK(shmctl(segment, IPC_STAT, &of_segment) == 0);
  of_queue.msg_perm.mode = of_set.sem_perm.mode = of_segment.shm_perm.mode = 0444;
  if (strcmp(what, "queue") == 0) of_queue.msg_perm.gid = 12345;
  if (strcmp(what, "semaphores") == 0) of_set.sem_perm.gid = 12345;
  if (strcmp(what, "segment") == 0) of_segment.shm_perm.gid = 12345;
  if (strcmp(what, "room") == 0) {
    /* What was in it would not go in any more. */
    CHECK(msgrcv(queue, &message, sizeof message.text, 0, 0) >= 0);
    of_queue.msg_qbytes = 8;
  }
  if (what[0] == 'q' || what[0] == 'r') CHECK(msgctl(queue, IPC_SET, &of_queue) == 0);
  if (what[1] == 'e' && what[2] == 'm') CHECK(semctl(set, 0, IPC_SET, &of_set) == 0);
  if (what[2] == 'g' || what[0] == 'o') CHECK(shmctl(segment, IPC_SET, &of_segment) == 0);
}

/* A process that is none of the program's has the segment attached. */
static pid_t attach_elsewhere(void) {
  int through[2];
  char byte;
  CHECK(pipe(through) == 0);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    CHECK(shmat(segment, NULL, 0) != (void *)-1 && write(through[1], "x", 1) == 1);
    for (;;) pause();
  }
  CHECK(read(through[0], &byte, 1) == 1);
  return child;
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct rights before, now;
  struct message message;
  pid_t child = 0;
  const char *what = argc > 1 ? argv[1] : "queue";
  make_all();
  if (what[0] == 'o') child = attach_elsewhere();
  before = read_rights();
  int cd = tsetjmp(&why), error = errno;
  if (cd <= 0) {
    remove_all();
    errno = error;
    point(&why);
  }
  if (why.cause == TJMP_SAVED) {
    change(what);
    fall();
  }
  now = read_rights();
  ssize_t size = msgrcv(queue, &message, sizeof message.text, 0, IPC_NOWAIT);
  remove_all();
  if (child != 0) CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
  if (child != 0) CHECK(now.modes[2] == 0444 && (why.lost & TJMP_LOST_SHARED) != 0);
  if (child != 0) return ok();
  if (memcmp(&now, &before, sizeof now) != 0) {
    fail("modes %o %o %o, room %lu", now.modes[0], now.modes[1], now.modes[2], now.room);
  }
  CHECK(size == sizeof message.text && (why.lost & TJMP_LOST_SHARED) == 0);
  return ok();
}
