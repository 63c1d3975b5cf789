/* Sockets of the machine, both ends in the program: TCP and UDP over loopback; and terminals. */
#include "calls.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

enum { ROOM = 400, PTPEER = 0x5441, OPTIONS = 16 };

static long address_of(int fd, struct sockaddr_in *address) {
  int size = sizeof *address;
  return sys3(SYS_getsockname, fd, address, &size);
}

static long socket_new(struct caller *c) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  u64 type = one_in(c, 2) ? SOCK_STREAM : SOCK_DGRAM;
  if (one_in(c, 6)) return hold_fd(c, sys3(SYS_socket, AF_NETLINK, SOCK_RAW, 0), A_SOCKET);
  long fd = sys3(SYS_socket, AF_INET, type | SOCK_NONBLOCK, 0);
  if (fd < 0) return fd;
  if (one_in(c, 2)) sys3(SYS_bind, fd, &any, sizeof any);
  if (type == SOCK_STREAM && one_in(c, 2)) sys2(SYS_listen, fd, 3);
  return hold_fd(c, fd, A_SOCKET);
}

static long socket_connect(struct caller *c) {
  struct sockaddr_in address = {0};
  int fd = any_fd(c, A_SOCKET), other = any_fd(c, A_SOCKET);
  if (address_of(other, &address) || address.sin_family != AF_INET) return 0;
  return sys3(SYS_connect, fd, &address, sizeof address);
}

static long socket_accept(struct caller *c) {
  return hold_fd(c, sys4(SYS_accept4, any_fd(c, A_SOCKET), 0, 0, SOCK_NONBLOCK), A_SOCKET);
}

static long socket_send(struct caller *c) {
  u8 bytes[ROOM];
  u64 size = noise_bytes(c, bytes, ROOM);
  return sys6(SYS_sendto, (u64)any_fd(c, A_SOCKET), (u64)bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL,
              0, 0);
}

static long socket_receive(struct caller *c) {
  u8 bytes[ROOM];
  return sys6(SYS_recvfrom, (u64)any_fd(c, A_SOCKET), (u64)bytes, ROOM, MSG_DONTWAIT, 0, 0);
}

static long socket_shutdown(struct caller *c) {
  return sys2(SYS_shutdown, any_fd(c, A_SOCKET), pick(c, 3));
}

static long socket_option(struct caller *c) {
  static const struct {
    int level, name;
    u32 values, from;
  } options[OPTIONS] = {
    {SOL_SOCKET, SO_REUSEADDR, 2, 0},       {SOL_SOCKET, SO_KEEPALIVE, 2, 0},
    {SOL_SOCKET, SO_BROADCAST, 2, 0},       {SOL_SOCKET, SO_OOBINLINE, 2, 0},
    {SOL_SOCKET, SO_PRIORITY, 6, 0},        {SOL_SOCKET, SO_SNDBUF, 60000, 5000},
    {SOL_SOCKET, SO_RCVBUF, 60000, 5000},   {SOL_SOCKET, SO_RCVLOWAT, 9, 1},
    {SOL_SOCKET, SO_TIMESTAMP, 2, 0},       {SOL_SOCKET, SO_PASSCRED, 2, 0},
    {IPPROTO_TCP, TCP_NODELAY, 2, 0},       {IPPROTO_TCP, TCP_CORK, 2, 0},
    {IPPROTO_TCP, TCP_KEEPIDLE, 600, 10},   {IPPROTO_TCP, TCP_KEEPCNT, 9, 1},
    {IPPROTO_IP, IP_TTL, 60, 4},            {IPPROTO_IP, IP_TOS, 2, 0},
  };
  u64 n = pick(c, OPTIONS);
  int value = (int)(options[n].from + pick(c, options[n].values));
  int fd = any_fd(c, one_in(c, 2) ? A_SOCKET : A_SOCKET | A_LOCAL);
  return sys6(SYS_setsockopt, (u64)fd, (u64)options[n].level, (u64)options[n].name, (u64)&value,
              sizeof value, 0);
}

static long terminal_new(struct caller *c) {
  int unlocked = 0;
  long fd = sys2(SYS_open, "/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return fd;
  sys3(SYS_ioctl, fd, TIOCSPTLCK, &unlocked);
  long other = sys3(SYS_ioctl, fd, PTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK);
  hold_fd(c, fd, A_TERMINAL);
  return hold_fd(c, other, A_TERMINAL);
}

static long terminal_set(struct caller *c) {
  struct {
    u32 input, output, control, local;
    u8 line, characters[19 + 64];
  } modes;
  struct winsize size = {(unsigned short)pick(c, 90), (unsigned short)pick(c, 200), 0, 0};
  int fd = any_fd(c, A_TERMINAL);
  if (one_in(c, 3)) return sys3(SYS_ioctl, fd, TIOCSWINSZ, &size);
  long result = sys3(SYS_ioctl, fd, TCGETS, &modes);
  if (result) return result;
  modes.local ^= one_in(c, 2) ? ECHO : ICANON;
  modes.input ^= one_in(c, 2) ? ICRNL : IXON;
  modes.characters[VMIN] = (u8)pick(c, 4);
  return sys3(SYS_ioctl, fd, TCSETS, &modes);
}

const struct row socket_rows[] = {
  {"socket", 4, socket_new},
  {"connect", 4, socket_connect},
  {"accept", 3, socket_accept},
  {"send-inet", 3, socket_send},
  {"receive-inet", 3, socket_receive},
  {"shutdown", 1, socket_shutdown},
  {"setsockopt", 8, socket_option},
  {"pty", 2, terminal_new},
  {"termios", 3, terminal_set},
  {0},
};
