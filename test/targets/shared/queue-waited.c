/* A thread waits for a message, which has gone straight to it since: the queue is the program's all
 * the same, and has what it had. */
#include "shared.h"
#include <sys/ipc.h>
#include <sys/msg.h>

struct message {
  long type;
  char text[8];
};

static int queue;
static volatile int received, tid;

/* It waits: the kernel tells in which call. */
static void await_call(void) {
  char path[64], call[16];
  do {
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", tid);
    int fd = tid == 0 ? -1 : open(path, O_RDONLY);
    ssize_t size = fd < 0 ? 0 : read(fd, call, sizeof call - 1);
    if (fd >= 0) close(fd);
    call[size < 0 ? 0 : size] = 0;
  } while (atoi(call) != SYS_msgrcv);
}

static void *wait_for_one(void *nothing) {
  struct message message;
  tid = (int)syscall(SYS_gettid);
  while (msgrcv(queue, &message, sizeof message.text, 1, 0) == 8) received++;
  CHECK(errno == EIDRM);
  return nothing;
}

int main(void) {
  struct tjmp why;
  struct message kept = {2, "kept"}, sent = {1, "sent"}, found;
  struct msqid_ds status;
  pthread_t thread;
  point(NULL);
  queue = msgget(IPC_PRIVATE, 0600);
  CHECK(queue >= 0 && msgsnd(queue, &kept, 8, 0) == 0);
  CHECK(pthread_create(&thread, NULL, wait_for_one, NULL) == 0);
  await_call();
  CHECK(msgsnd(queue, &sent, 8, 0) == 0);
  while (received < 1) usleep(1000);
  await_call();
  point(&why);
  if (why.rollbacks < 2) {
    await_call();
    CHECK(msgrcv(queue, &found, 8, 2, IPC_NOWAIT) == 8);
    CHECK(msgsnd(queue, &sent, 8, 0) == 0);
    while (received < 2) usleep(1000);
    fall();
  }
  CHECK(msgctl(queue, IPC_STAT, &status) == 0);
  int count = (int)status.msg_qnum, is_kept = msgrcv(queue, &found, 8, 2, IPC_NOWAIT) == 8;
  CHECK(received == 1 && msgsnd(queue, &sent, 8, 0) == 0);
  while (received < 2) usleep(1000);
  msgctl(queue, IPC_RMID, NULL);
  if (why.lost != 0) fail("%x is lost", (unsigned)why.lost);
  if (count != 1 || !is_kept) fail("%d messages", count);
  return ok();
}
