/* belay: --every 5 */
/* msgrcv waits for the message. */
#include "blocking.h"
#include <sys/msg.h>

static int queue = -1;
static void send_message(void) {
  struct { long type; char text[8]; } message = {1, "hello"};
  CHECK(msgsnd(queue, &message, 8, 0) == 0);
}

static void call(long ms) {
  struct { long type; char text[8]; } message = {0, ""};
  struct later later = {ms, send_message};
  queue = msgget(IPC_PRIVATE, 0600);
  CHECK(queue >= 0);
  pthread_t thread = send_later(&later);
  CHECK(msgrcv(queue, &message, 8, 0, 0) == 8 && strcmp(message.text, "hello") == 0);
  CHECK(pthread_join(thread, NULL) == 0 && msgctl(queue, IPC_RMID, NULL) == 0);
}

int main(void) { return blocking_main(call); }
