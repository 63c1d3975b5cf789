/* belay: argument received sent both emptied full types removed */
/* What is in a System V message queue goes back, in its order. */
#include "shared.h"
#include <sys/ipc.h>
#include <sys/msg.h>

enum { COUNT = 5, SIZE = 64, LARGE = 2000 };

struct message {
  long type;
  char text[LARGE];
};

static int queue = -1;

static void send_one(long type, const char *text, size_t size) {
  struct message message = {.type = type};
  snprintf(message.text, sizeof message.text, "%s", text);
  CHECK(msgsnd(queue, &message, size, IPC_NOWAIT) == 0);
}

static void receive(long type) {
  struct message message;
  CHECK(msgrcv(queue, &message, LARGE, type, IPC_NOWAIT) >= 0);
}

static void change(const char *how) {
  if (strcmp(how, "received") == 0 || strcmp(how, "both") == 0) receive(0);
  if (strcmp(how, "types") == 0) receive(3);
  if (strcmp(how, "sent") == 0 || strcmp(how, "both") == 0) send_one(9, "later", SIZE);
  if (strcmp(how, "emptied") == 0) for (int i = 0; i < COUNT; i++) receive(0);
  if (strcmp(how, "removed") == 0) CHECK(msgctl(queue, IPC_RMID, NULL) == 0);
  if (strcmp(how, "full") == 0) {
    struct message message = {.type = 1};
    while (msgsnd(queue, &message, LARGE, IPC_NOWAIT) == 0) continue;
    while (msgsnd(queue, &message, SIZE, IPC_NOWAIT) == 0) continue;
    CHECK(errno == EAGAIN);
    receive(0);
  }
}

static void verify_messages(void) {
  char expected[16];
  struct message message;
  struct msqid_ds status;
  CHECK(msgctl(queue, IPC_STAT, &status) == 0 && status.msg_qnum == COUNT);
  CHECK(status.msg_lspid == getpid());
  for (int i = 0; i < COUNT; i++) {
    snprintf(expected, sizeof expected, "message %d", i);
    ssize_t size = msgrcv(queue, &message, LARGE, 0, IPC_NOWAIT);
    if (size != SIZE + i || message.type != i % 4 + 1 || strcmp(message.text, expected) != 0) {
      msgctl(queue, IPC_RMID, NULL);
      fail("%zd bytes of type %ld: %s, not %s", size, message.type, message.text, expected);
    }
  }
}

int main(int argc, char **argv) {
  struct tjmp why;
  char text[16];
  const char *how = argc > 1 ? argv[1] : "received";
  queue = msgget(IPC_PRIVATE, 0600 | IPC_CREAT);
  CHECK(queue >= 0);
  for (int i = 0; i < COUNT; i++) {
    snprintf(text, sizeof text, "message %d", i);
    send_one(i % 4 + 1, text, (size_t)(SIZE + i));
  }
  int cd = tsetjmp(&why), error = errno;
  if (cd <= 0) {
    msgctl(queue, IPC_RMID, NULL);
    errno = error;
    point(&why);
  }
  if (why.cause == TJMP_SAVED) {
    change(how);
    fall();
  }
  if (strcmp(how, "removed") == 0) {
    CHECK((why.lost & TJMP_LOST_SHARED) != 0);
    return ok();
  }
  CHECK((why.lost & TJMP_LOST_SHARED) == 0);
  verify_messages();
  return msgctl(queue, IPC_RMID, NULL) == 0 ? ok() : 1;
}
