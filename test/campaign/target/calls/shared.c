/* What may be shared with others, and is not: mappings, memfds, System V segments, semaphores and
 * queues. Keys are made of the pid, so that what is left can be removed. */
#include "calls.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

enum { SIZE = 4 * PAGE, OBJECTS = 3, SEMAPHORES = 3, ROOM = 200 };

static u64 key_of(u64 number) { return own_pid << 8 | number; }

static long shared_map(struct caller *c) {
  struct region *r = &c->shared[pick(c, SHARED_MAX)];
  int memfd = one_in(c, 2) ? any_fd(c, A_MEMFD) : -1;
  if (r->size) sys2(SYS_munmap, r->address, r->size);
  r->size = 0;
  u64 flags = MAP_SHARED | (memfd < 0 ? MAP_ANONYMOUS : 0);
  long at = sys6(SYS_mmap, 0, SIZE, PROT_READ | PROT_WRITE, flags, (u64)memfd, 0);
  if (at > 0 || at < -4095) *r = (struct region){(u64)at, SIZE};
  return at;
}

/* By a call: where a memfd has become shorter there is nothing to be written to. */
static long shared_write(struct caller *c) {
  struct region *r = &c->shared[pick(c, SHARED_MAX)];
  u8 bytes[ROOM];
  u64 size = noise_bytes(c, bytes, ROOM);
  struct iovec from = {bytes, size}, to = {(void *)(r->address + pick(c, SIZE - ROOM)), size};
  return r->size ? sys6(SYS_process_vm_writev, own_pid, (u64)&from, 1, (u64)&to, 1, 0) : 0;
}

static long segment_attach(struct caller *c) {
  long id = sys3(SYS_shmget, key_of(pick(c, OBJECTS)), SIZE, IPC_CREAT | 0600);
  struct region *r = &c->shared[pick(c, SHARED_MAX)];
  if (r->size) return id;
  long at = sys3(SYS_shmat, id, 0, 0);
  if (at > 0) *r = (struct region){(u64)at, SIZE};
  return at;
}

static long semaphore_use(struct caller *c) {
  long id = sys3(SYS_semget, key_of(pick(c, OBJECTS)), SEMAPHORES, IPC_CREAT | 0600);
  short undo = one_in(c, 3) ? SEM_UNDO : 0;
  struct sembuf step = {(unsigned short)pick(c, SEMAPHORES), (short)pick(c, 5), undo};
  step.sem_flg |= IPC_NOWAIT;
  step.sem_op -= 2;
  if (one_in(c, 3)) return sys4(SYS_semctl, id, step.sem_num, SETVAL, pick(c, 9));
  return sys3(SYS_semop, id, &step, 1);
}

static long queue_use(struct caller *c) {
  struct {
    long type;
    u8 bytes[ROOM];
  } message = {1 + (long)pick(c, 3), {0}};
  long id = sys2(SYS_msgget, key_of(pick(c, OBJECTS)), IPC_CREAT | 0600);
  if (one_in(c, 3)) return sys6(SYS_msgrcv, (u64)id, (u64)&message, ROOM, 0, IPC_NOWAIT, 0);
  u64 size = noise_bytes(c, message.bytes, ROOM);
  return sys4(SYS_msgsnd, id, &message, size, IPC_NOWAIT);
}

void report_ipc(void) {
  for (u64 n = 0; n < OBJECTS; n++) {
    unsigned short values[SEMAPHORES];
    struct msqid_ds queue;
    u64 words[SEMAPHORES];
    long set = sys3(SYS_semget, key_of(n), 0, 0), id = sys2(SYS_msgget, key_of(n), 0);
    if (set >= 0 && sys4(SYS_semctl, set, 0, GETALL, values) == 0) {
      for (int i = 0; i < SEMAPHORES; i++) words[i] = values[i];
      report_line("semaphores", n, words, SEMAPHORES);
    }
    if (id >= 0 && sys3(SYS_msgctl, id, IPC_STAT, &queue) == 0) {
      words[0] = queue.msg_qnum, words[1] = queue.__msg_cbytes;
      report_line("queue", n, words, 2);
    }
  }
}

const struct row shared_rows[] = {
  {"mmap-shared", 3, shared_map},
  {"write-shared", 6, shared_write},
  {"shmat", 1, segment_attach},
  {"semop", 3, semaphore_use},
  {"msgsnd", 3, queue_use},
  {0},
};
