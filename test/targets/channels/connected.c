/* Unix sockets that are connected by a name, within the program, are like a pair. */
#include "channels.h"

int main(void) {
  struct tjmp why;
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "belay-target-%d", getpid());
  CHECK(bind(listener, (struct sockaddr *)&name, sizeof name) == 0 && listen(listener, 4) == 0);
  CHECK(connect(client, (struct sockaddr *)&name, sizeof name) == 0);
  int server = accept(listener, NULL, NULL);
  CHECK(server >= 0);
  put(client, "request"), put(server, "answer");
  point(&why);
  if (why.rollbacks == 0) {
    expect(server, "request"), expect(client, "answer");
    put(server, "more");
    fall();
  }
  expect(server, "request"), expect(client, "answer");
  expect_empty(server), expect_empty(client);
  CHECK(why.lost == 0);
  return ok();
}
