/* belay: --every 5 */
/* read on a pipe and write to a full one wait for the other side. */
#include "blocking.h"

static int pipes[2][2];
static char bytes[4096];

static void send_byte(void) { CHECK(write(pipes[0][1], "x", 1) == 1); }
static void take_byte(void) { CHECK(read(pipes[1][0], bytes, sizeof bytes) > 0); }

static void call(long ms) {
  char byte = 0;
  struct later first = {ms / 2, send_byte}, second = {ms - ms / 2, take_byte};
  CHECK(pipe(pipes[0]) == 0 && pipe(pipes[1]) == 0);
  pthread_t thread = send_later(&first);
  CHECK(read(pipes[0][0], &byte, 1) == 1 && byte == 120);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(fcntl(pipes[1][1], F_SETFL, O_NONBLOCK) == 0);
  while (write(pipes[1][1], bytes, sizeof bytes) > 0) continue;
  CHECK(fcntl(pipes[1][1], F_SETFL, 0) == 0);
  thread = send_later(&second);
  CHECK(write(pipes[1][1], bytes, sizeof bytes) == sizeof bytes);
  CHECK(pthread_join(thread, NULL) == 0);
  for (int end = 0; end < 4; end++) close(pipes[end / 2][end % 2]);
}

int main(void) { return blocking_main(call); }
