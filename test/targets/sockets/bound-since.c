/* belay: argument tcp udp unix */
/* What was bound since the point to a name of the program's choice stays so, and that is told. */
#include "peer.h"

/* A port that nobody has, or a name. */
static socklen_t choose(const char *kind, struct sockaddr_storage *name, int type) {
  struct sockaddr_un abstract = {.sun_family = AF_UNIX};
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof local;
  if (strcmp(kind, "unix") == 0) {
    snprintf(abstract.sun_path + 1, sizeof abstract.sun_path - 1, "belay-bound-%d", getpid());
    memcpy(name, &abstract, sizeof abstract);
    return sizeof abstract;
  }
  int fd = socket(AF_INET, type, 0);
  CHECK(bind(fd, (struct sockaddr *)&local, size) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)name, &size) == 0 && close(fd) == 0);
  return size;
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct sockaddr_storage name;
  const char *kind = argc > 1 ? argv[1] : "tcp";
  int is_unix = strcmp(kind, "unix") == 0;
  int type = strcmp(kind, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
  int fd = socket(is_unix ? AF_UNIX : AF_INET, type, 0);
  socklen_t size = choose(kind, &name, type);
  for (int round = 0; round < 3; round++) {
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) {
      if (round == 1) {
        CHECK(bind(fd, (struct sockaddr *)&name, size) == 0);
        if (type == SOCK_STREAM) CHECK(listen(fd, 5) == 0);
      }
      fall();
    }
    CHECK((why.lost & TJMP_LOST_UNSURE) == 0);
    if (((why.lost & TJMP_LOST_PEERS) != 0) != (round == 1)) fail("%d: lost %lx", round, why.lost);
    CHECK(tforget(cd) == 0);
  }
  return ok();
}
