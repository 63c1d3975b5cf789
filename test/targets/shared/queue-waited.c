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
static volatile int received;

static void *wait_for_one(void *nothing) {
  struct message message;
  CHECK(msgrcv(queue, &message, sizeof message.text, 1, 0) == 8);
  received = 1;
  for (;;) pause();
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
  point(&why);
  if (why.rollbacks < 2) {
    CHECK(msgrcv(queue, &found, 8, 2, IPC_NOWAIT) == 8);
    CHECK(msgsnd(queue, &sent, 8, 0) == 0);
    while (!received) usleep(1000);
    fall();
  }
  CHECK(msgctl(queue, IPC_STAT, &status) == 0);
  int count = (int)status.msg_qnum, is_kept = msgrcv(queue, &found, 8, 2, IPC_NOWAIT) == 8;
  CHECK(!received && msgsnd(queue, &sent, 8, 0) == 0);
  while (!received) usleep(1000);
  msgctl(queue, IPC_RMID, NULL);
  if (why.lost != 0) fail("%x is lost", (unsigned)why.lost);
  if (count != 1 || !is_kept) fail("%d messages", count);
  return ok();
}
