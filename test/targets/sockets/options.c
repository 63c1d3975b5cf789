/* Options of sockets are those of the point again: of each kind, those not touched as well. */
#include "peer.h"
#include <netinet/udp.h>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { TCP, UDP, UNIX, IPV6, COUNT };

static const struct option {
  int socket, level, name, at_point, since;
} options[] = {
  {TCP, SOL_SOCKET, SO_KEEPALIVE, 1, 0},
  {TCP, SOL_SOCKET, SO_OOBINLINE, 0, 1},
  {TCP, SOL_SOCKET, SO_RCVLOWAT, 1, 100},
  {TCP, SOL_SOCKET, SO_PRIORITY, 3, 5},
  {TCP, SOL_SOCKET, SO_SNDBUF, 20000, 40000},
  {TCP, IPPROTO_TCP, TCP_NODELAY, 0, 1},
  {TCP, IPPROTO_TCP, TCP_CORK, 0, 1},
  {TCP, IPPROTO_TCP, TCP_KEEPIDLE, 100, 200},
  {TCP, IPPROTO_TCP, TCP_KEEPINTVL, 10, 20},
  {TCP, IPPROTO_TCP, TCP_KEEPCNT, 3, 4},
  {TCP, IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 5000},
  {TCP, IPPROTO_IP, IP_TOS, 8, 16},
  {TCP, IPPROTO_IP, IP_TTL, 64, 33},
  {UDP, SOL_SOCKET, SO_BROADCAST, 0, 1},
  {UDP, SOL_SOCKET, SO_RCVBUF, 30000, 60000},
  {UDP, IPPROTO_UDP, UDP_GRO, 0, 1},
  {UDP, IPPROTO_IP, IP_RECVERR, 1, 0},
  {UNIX, SOL_SOCKET, SO_PASSCRED, 0, 1},
  {IPV6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64, 12},
  {IPV6, IPPROTO_IPV6, IPV6_TCLASS, 0, 8},
  {IPV6, IPPROTO_IPV6, IPV6_V6ONLY, 0, 1},
};
static int sockets[COUNT];
#define OPTIONS (sizeof options / sizeof *options)

static void set(const struct option *option, int value) {
  int fd = sockets[option->socket];
  if (fd < 0) return;
  CHECK(setsockopt(fd, option->level, option->name, &value, sizeof value) == 0);
}

static int get(const struct option *option) {
  int value = -1;
  socklen_t size = sizeof value;
  int fd = sockets[option->socket];
  if (fd < 0) return value;
  CHECK(getsockopt(fd, option->level, option->name, &value, &size) == 0);
  return value;
}

static void set_times(int fd, long receive_s, int linger_s) {
  struct timeval limit = {receive_s, 0};
  struct linger linger = {linger_s > 0, linger_s};
  CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
}

static void check_times(int fd, long receive_s, int linger_s) {
  struct timeval limit;
  struct linger linger;
  socklen_t size = sizeof limit;
  CHECK(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &size) == 0);
  CHECK(limit.tv_sec == receive_s && limit.tv_usec == 0);
  size = sizeof linger;
  CHECK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0);
  CHECK((linger.l_onoff != 0) == (linger_s > 0) && (linger_s == 0 || linger.l_linger == linger_s));
}

int main(void) {
  struct tjmp why;
  int wanted[OPTIONS];
  int listening = listen_tcp();
  peer_begin(listening);
  sockets[TCP] = peer_accept(listening, 0);
  sockets[UDP] = socket(AF_INET, SOCK_DGRAM, 0);
  sockets[UNIX] = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockets[IPV6] = socket(AF_INET6, SOCK_DGRAM, 0);
  for (size_t index = 0; index < OPTIONS; index++) set(&options[index], options[index].at_point);
  for (size_t index = 0; index < OPTIONS; index++) wanted[index] = get(&options[index]);
  set_times(sockets[TCP], 7, 3);
  set_times(sockets[UDP], 0, 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    for (size_t index = 0; index < OPTIONS; index++) set(&options[index], options[index].since);
    set_times(sockets[TCP], 0, 0);
    set_times(sockets[UDP], 5, 0);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PEERS) == 0);
  for (size_t index = 0; index < OPTIONS; index++) {
    int value = get(&options[index]);
    if (value != wanted[index]) fail("option %zu: %d, not %d", index, value, wanted[index]);
  }
  check_times(sockets[TCP], 7, 3);
  check_times(sockets[UDP], 0, 0);
  check_alive(sockets[TCP], 0);
  return ok();
}
