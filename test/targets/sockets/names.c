/* belay: argument internet unix */
/*
 * What a socket is called, to whom it sends and whether it listens is as it was at the point, where
 * the kernel has chosen the name; nothing of that is told then.
 */
#include "peer.h"

enum {
  TCP_LISTENING_SINCE,
  TCP_BOUND_SINCE,
  TCP_BOUND_LISTENING_SINCE,
  TCP_DEAF_SINCE,
  TCP_RESET_SINCE,
  TCP6_LISTENING_SINCE,
  UDP_CONNECTED_SINCE,
  UDP_BOUND_SINCE,
  UDP_BOUND_CONNECTED_SINCE,
  UDP_ELSEWHERE_SINCE,
  UDP_NOWHERE_SINCE,
  UDP6_CONNECTED_SINCE,
  UNIX_CONNECTED_SINCE,
  UNIX_ELSEWHERE_SINCE,
  COUNT
};

struct name {
  struct sockaddr_storage own, peer;
  socklen_t own_size, peer_size;
  int listens;
};

static int is_unix, sockets[COUNT], serving, udp[2], unix_ends[2];
static const struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = 0x0100007f};
static const struct sockaddr_in6 local6 = {.sin6_family = AF_INET6,
                                           .sin6_addr = IN6ADDR_LOOPBACK_INIT};

static void name_of(int fd, struct name *name) {
  socklen_t size = sizeof name->listens;
  memset(name, 0, sizeof *name);
  name->own_size = name->peer_size = sizeof name->own;
  CHECK(getsockname(fd, (struct sockaddr *)&name->own, &name->own_size) == 0);
  if (getpeername(fd, (struct sockaddr *)&name->peer, &name->peer_size) != 0) name->peer_size = 0;
  CHECK(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &name->listens, &size) == 0);
}

static void check_same(int index, const struct name *was) {
  struct name now;
  name_of(sockets[index], &now);
  if (now.own_size != was->own_size || memcmp(&now.own, &was->own, now.own_size) != 0) {
    fail("socket %d has another name", index);
  }
  if (now.peer_size != was->peer_size || memcmp(&now.peer, &was->peer, now.peer_size) != 0) {
    fail("socket %d has another peer", index);
  }
  if (now.listens != was->listens) fail("socket %d: listens %d", index, now.listens);
}

static void bind_local(int fd) {
  CHECK(bind(fd, (const struct sockaddr *)&local, sizeof local) == 0);
}

static void connect_to(int fd, int other) {
  struct name name;
  name_of(other, &name);
  CHECK(connect(fd, (struct sockaddr *)&name.own, name.own_size) == 0);
}

static void make_all(void) {
  sa_family_t family = AF_UNIX;
  serving = listen_tcp();
  for (int index = 0; index < COUNT; index++) {
    int is_tcp = index <= TCP6_LISTENING_SINCE;
    int is_six = index == TCP6_LISTENING_SINCE || index == UDP6_CONNECTED_SINCE;
    int domain = index >= UNIX_CONNECTED_SINCE ? AF_UNIX : is_six ? AF_INET6 : AF_INET;
    sockets[index] = socket(domain, is_tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    CHECK(sockets[index] >= 0);
  }
  for (int index = 0; index < 2; index++) {
    bind_local(udp[index] = socket(AF_INET, SOCK_DGRAM, 0));
    unix_ends[index] = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(bind(unix_ends[index], (struct sockaddr *)&family, sizeof family) == 0);
  }
  bind_local(sockets[TCP_BOUND_LISTENING_SINCE]);
  bind_local(sockets[TCP_DEAF_SINCE]);
  CHECK(listen(sockets[TCP_DEAF_SINCE], 5) == 0);
  bind_local(sockets[UDP_BOUND_CONNECTED_SINCE]);
  connect_to(sockets[UDP_ELSEWHERE_SINCE], udp[0]);
  connect_to(sockets[UDP_NOWHERE_SINCE], udp[0]);
  connect_to(sockets[UNIX_ELSEWHERE_SINCE], unix_ends[0]);
}

/* Connected, and reset by the other end. */
static void have_reset(int fd) {
  struct linger at_once = {1, 0};
  struct pollfd reset = {fd, 0, 0};
  connect_to(fd, serving);
  int other = accept(serving, NULL, NULL);
  CHECK(setsockopt(other, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
  CHECK(close(other) == 0);
  CHECK(poll(&reset, 1, -1) == 1 && (reset.revents & POLLHUP) != 0);
}

static void change_all(void) {
  struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  struct sockaddr_in6 any6 = local6;
  bind_local(sockets[TCP_LISTENING_SINCE]);
  CHECK(listen(sockets[TCP_LISTENING_SINCE], 5) == 0);
  bind_local(sockets[TCP_BOUND_SINCE]);
  CHECK(listen(sockets[TCP_BOUND_LISTENING_SINCE], 5) == 0);
  CHECK(shutdown(sockets[TCP_DEAF_SINCE], SHUT_RDWR) == 0);
  CHECK(listen(sockets[TCP6_LISTENING_SINCE], 5) == 0);
  have_reset(sockets[TCP_RESET_SINCE]);
  connect_to(sockets[UDP_CONNECTED_SINCE], udp[0]);
  bind_local(sockets[UDP_BOUND_SINCE]);
  connect_to(sockets[UDP_BOUND_CONNECTED_SINCE], udp[1]);
  connect_to(sockets[UDP_ELSEWHERE_SINCE], udp[1]);
  CHECK(connect(sockets[UDP_NOWHERE_SINCE], &nowhere, sizeof nowhere) == 0);
  any6.sin6_port = htons(9);
  /* Where there is no IPv6 there is no way. */
  (void)!connect(sockets[UDP6_CONNECTED_SINCE], (struct sockaddr *)&any6, sizeof any6);
  connect_to(sockets[UNIX_CONNECTED_SINCE], unix_ends[0]);
  if (is_unix) connect_to(sockets[UNIX_ELSEWHERE_SINCE], unix_ends[1]);
}

/* Of Unix sockets that are connected elsewhere it is told as of those that were written to. */
static void check_same_all(const struct tjmp *why, const struct name *names) {
  for (int index = 0; index < COUNT; index++) check_same(index, &names[index]);
  if (!is_unix && (why->lost & TJMP_LOST_PEERS) != 0) fail("lost %lx", (unsigned long)why->lost);
}

/* Who connects to that name is accepted. */
static void check_serves(int listening, const struct name *name) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(fd, (const struct sockaddr *)&name->own, name->own_size) == 0);
  CHECK(accept(listening, NULL, NULL) >= 0);
}

/* As a program does that has gone back to before it began to serve. */
static void use_all(const struct name *names) {
  char bytes[8];
  int fd = sockets[TCP_BOUND_LISTENING_SINCE];
  CHECK(listen(fd, 5) == 0);
  check_serves(fd, &names[TCP_BOUND_LISTENING_SINCE]);
  check_serves(sockets[TCP_DEAF_SINCE], &names[TCP_DEAF_SINCE]);
  bind_local(sockets[TCP_LISTENING_SINCE]);
  bind_local(sockets[TCP_BOUND_SINCE]);
  bind_local(sockets[UDP_BOUND_SINCE]);
  connect_to(sockets[TCP_RESET_SINCE], serving);
  CHECK(send(sockets[UDP_ELSEWHERE_SINCE], "one", 3, 0) == 3);
  CHECK(recv(udp[0], bytes, sizeof bytes, 0) == 3);
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct name names[COUNT];
  is_unix = argc > 1 && strcmp(argv[1], "unix") == 0;
  make_all();
  for (int index = 0; index < COUNT; index++) name_of(sockets[index], &names[index]);
  point(&why);
  if (why.rollbacks > 0) check_same_all(&why, names);
  if (why.rollbacks < 2) {
    change_all();
    fall();
  }
  use_all(names);
  return ok();
}
