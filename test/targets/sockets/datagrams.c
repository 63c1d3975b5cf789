/* belay: argument unix udp */
/*
 * What went over a socket that is no connection is gone, and that is told; of one over which
 * nothing went since nothing is told, though something waits in it.
 */
#include "peer.h"

enum { OWN, IDLE, WAITING, COUNT };

/* The kernel's choice is NUL and five digits. */
#define UNIX_NAME_SIZE (sizeof(sa_family_t) + 6)

static int told, heard;

/* A socket with a name of the kernel's choice. */
static int bind_datagram(int is_unix, struct sockaddr_storage *address, socklen_t *size) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  sa_family_t family = AF_UNIX;
  int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_DGRAM, 0);
  const void *name = is_unix ? (const void *)&family : &any;
  CHECK(bind(fd, name, is_unix ? sizeof family : sizeof any) == 0);
  *size = sizeof *address;
  CHECK(getsockname(fd, (struct sockaddr *)address, size) == 0);
  return fd;
}

/* Another process: 's' has it send to the socket of that index, 'r' receive. */
static void serve(int orders, int answers, int fd, const struct sockaddr_storage *to) {
  socklen_t size = to->ss_family == AF_UNIX ? UNIX_NAME_SIZE : sizeof(struct sockaddr_in);
  char order[2], bytes[16];
  while (read(orders, order, sizeof order) == sizeof order) {
    ssize_t done = order[0] == 'r'
                       ? recv(fd, bytes, sizeof bytes, 0)
                       : sendto(fd, "datagram", 8, 0, (const void *)&to[(int)order[1]], size);
    if (write(answers, &done, sizeof done) != sizeof done) break;
  }
  _exit(0);
}

static void order(char what, int index) {
  char words[2] = {what, (char)index};
  ssize_t done;
  CHECK(write(told, words, sizeof words) == sizeof words);
  CHECK(read(heard, &done, sizeof done) == sizeof done && done == 8);
}

static void receive(int fd) {
  char bytes[16];
  CHECK(recv(fd, bytes, sizeof bytes, 0) == 8);
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct sockaddr_storage address, own[COUNT];
  socklen_t size;
  int fds[COUNT], orders[2], answers[2];
  int is_unix = argc > 1 && strcmp(argv[1], "unix") == 0;
  int other = bind_datagram(is_unix, &address, &size);
  CHECK(pipe(orders) == 0 && pipe(answers) == 0);
  for (int index = 0; index < COUNT; index++) {
    fds[index] = bind_datagram(is_unix, &own[index], &size);
  }
  if (fork() == 0) {
    close(orders[1]);
    for (int index = 0; index < COUNT; index++) close(fds[index]);
    serve(orders[0], answers[1], other, own);
  }
  close(orders[0]);
  close(other);
  told = orders[1];
  heard = answers[0];
  CHECK(connect(fds[OWN], (struct sockaddr *)&address, size) == 0);
  CHECK(send(fds[OWN], "datagram", 8, 0) == 8);
  order('r', 0);
  order('s', OWN);
  receive(fds[OWN]);
  order('s', WAITING);
  for (int round = 0; round < 4; round++) {
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) {
      if (round == 1) {
        order('s', OWN);
        receive(fds[OWN]);
      }
      if (round >= 2) CHECK(send(fds[OWN], "datagram", 8, 0) == 8);
      if (round == 3) order('r', 0);
      fall();
    }
    CHECK((why.lost & TJMP_LOST_UNSURE) == 0);
    if (((why.lost & TJMP_LOST_PEERS) != 0) != (round > 0)) fail("%d: lost %lx", round, why.lost);
    if (round == 2) order('r', 0);
    CHECK(tforget(cd) == 0);
  }
  receive(fds[WAITING]);
  return ok();
}
