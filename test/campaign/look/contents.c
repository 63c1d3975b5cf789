/* What lies in pipes and sockets, and how these and terminals are set. */
#include "look.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { SIZE_MAX_READ = 1 << 20, MESSAGES_MAX = 4096, PEEK_OFF = 42, SETPIPE_SZ = 1031 };

static uint8_t bytes[SIZE_MAX_READ];

void look_at_pipe(const struct seen *s) {
  int own[2];
  size_t size = 0, packets = 0;
  say(s, "pipe.size", "%d", fcntl(s->copy, SETPIPE_SZ + 1));
  if ((s->flags & O_ACCMODE) == O_WRONLY || pipe2(own, O_NONBLOCK)) return;
  fcntl(own[1], SETPIPE_SZ, SIZE_MAX_READ);
  if (tee(s->copy, own[1], SIZE_MAX_READ, SPLICE_F_NONBLOCK) > 0)
    for (ssize_t got; (got = read(own[0], bytes + size, sizeof bytes - size)) > 0; packets++)
      size += (size_t)got;
  say_bytes(s, "pipe.content", bytes, size);
  say(s, "pipe.packets", "%zu", packets);
  close(own[0]);
  close(own[1]);
}

static const struct option {
  int level, name;
  const char *what;
} options[] = {
  {SOL_SOCKET, SO_TYPE, "type"},
  {SOL_SOCKET, SO_DOMAIN, "domain"},
  {SOL_SOCKET, SO_PROTOCOL, "protocol"},
  {SOL_SOCKET, SO_ACCEPTCONN, "listens"},
  {SOL_SOCKET, SO_REUSEADDR, "option reuseaddr"},
  {SOL_SOCKET, SO_REUSEPORT, "option reuseport"},
  {SOL_SOCKET, SO_KEEPALIVE, "option keepalive"},
  {SOL_SOCKET, SO_BROADCAST, "option broadcast"},
  {SOL_SOCKET, SO_DONTROUTE, "option dontroute"},
  {SOL_SOCKET, SO_OOBINLINE, "option oobinline"},
  {SOL_SOCKET, SO_PRIORITY, "option priority"},
  {SOL_SOCKET, SO_SNDBUF, "option sndbuf"},
  {SOL_SOCKET, SO_RCVBUF, "option rcvbuf"},
  {SOL_SOCKET, SO_RCVLOWAT, "option rcvlowat"},
  {SOL_SOCKET, SO_LINGER, "option linger"},
  {SOL_SOCKET, SO_RCVTIMEO, "option rcvtimeo"},
  {SOL_SOCKET, SO_SNDTIMEO, "option sndtimeo"},
  {SOL_SOCKET, SO_PASSCRED, "option passcred"},
  {SOL_SOCKET, SO_TIMESTAMP, "option timestamp"},
  {SOL_SOCKET, SO_MARK, "option mark"},
  {SOL_SOCKET, SO_BUSY_POLL, "option busy_poll"},
  {IPPROTO_TCP, TCP_NODELAY, "option nodelay"},
  {IPPROTO_TCP, TCP_CORK, "option cork"},
  {IPPROTO_TCP, TCP_KEEPIDLE, "option keepidle"},
  {IPPROTO_TCP, TCP_KEEPINTVL, "option keepintvl"},
  {IPPROTO_TCP, TCP_KEEPCNT, "option keepcnt"},
  {IPPROTO_TCP, TCP_SYNCNT, "option syncnt"},
  {IPPROTO_TCP, TCP_USER_TIMEOUT, "option user_timeout"},
  {IPPROTO_TCP, TCP_DEFER_ACCEPT, "option defer_accept"},
  {IPPROTO_IP, IP_TTL, "option ttl"},
  {IPPROTO_IP, IP_TOS, "option tos"},
  {IPPROTO_IP, IP_RECVTTL, "option recvttl"},
  {IPPROTO_IP, IP_PKTINFO, "option pktinfo"},
  {IPPROTO_IP, IP_FREEBIND, "option freebind"},
};

static int word_of(const struct seen *s, int level, int name) {
  int word = -1;
  socklen_t size = sizeof word;
  return getsockopt(s->copy, level, name, &word, &size) ? -1 : word;
}

static void look_at_options(const struct seen *s) {
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    uint8_t value[32];
    char text[80] = "", what[64];
    socklen_t size = sizeof value;
    if (getsockopt(s->copy, options[i].level, options[i].name, value, &size)) continue;
    for (socklen_t k = 0; k < size; k++) sprintf(text + 2 * k, "%02x", value[k]);
    snprintf(what, sizeof what, "socket.%s", options[i].what);
    say(s, what, "%s", text);
  }
}

static void look_at_addresses(const struct seen *s) {
  struct sockaddr_storage own = {0}, other = {0};
  socklen_t own_size = sizeof own, other_size = sizeof other;
  if (!getsockname(s->copy, (void *)&own, &own_size))
    say_bytes(s, "socket.address", (void *)&own, own_size);
  if (getpeername(s->copy, (void *)&other, &other_size)) other_size = 0;
  say_bytes(s, "socket.peer", (void *)&other, other_size);
}

/* An error that waits would be taken by whoever looks into the queue: then how much is in it. */
static int has_error(const struct seen *s) {
  struct pollfd one = {s->copy, 0, 0};
  int size = 0;
  if (poll(&one, 1, 0) != 1 || !(one.revents & POLLERR) || ioctl(s->copy, FIONREAD, &size))
    return 0;
  say(s, "socket.content", "an error, and %d bytes", size);
  return 1;
}

/* Message by message, with how many descriptors are under way in them. */
static void look_at_messages(const struct seen *s) {
  if (has_error(s)) return;
  int off = word_of(s, SOL_SOCKET, PEEK_OFF), zero = 0;
  size_t size = 0, messages = 0, descriptors = 0, sizes = 0;
  if (setsockopt(s->copy, SOL_SOCKET, PEEK_OFF, &zero, sizeof zero)) return;
  while (messages < MESSAGES_MAX) {
    union {
      struct cmsghdr header;
      char room[512];
    } control;
    struct iovec part = {bytes + size, sizeof bytes - size};
    struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(s->copy, &message, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 || (got == 0 && (message.msg_flags & MSG_EOR) == 0 && messages)) break;
    if (got == 0) break;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      size_t held = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      descriptors += held;
      for (size_t i = 0; i < held; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
        close(fd);
      }
    }
    size += (size_t)got;
    sizes = sizes * 31 + (size_t)got;
    messages++;
  }
  setsockopt(s->copy, SOL_SOCKET, PEEK_OFF, &off, sizeof off);
  say_bytes(s, "socket.content", bytes, size);
  say(s, "socket.messages", "%zu, sum %zu", messages, sizes);
  say(s, "socket.descriptors", "%zu", descriptors);
}

void look_at_socket(const struct seen *s) {
  look_at_options(s);
  look_at_addresses(s);
  int is_listening = word_of(s, SOL_SOCKET, SO_ACCEPTCONN) == 1;
  if (word_of(s, SOL_SOCKET, SO_DOMAIN) == AF_UNIX && !is_listening) look_at_messages(s);
}

void look_at_terminal(const struct seen *s) {
  struct termios modes;
  struct winsize size;
  memset(&modes, 0, sizeof modes);
  if (tcgetattr(s->copy, &modes)) return;
  say_bytes(s, "terminal.modes", (void *)&modes, sizeof modes);
  say(s, "terminal.flags", "%x %x %x %x", modes.c_iflag, modes.c_oflag, modes.c_cflag,
      modes.c_lflag);
  if (!ioctl(s->copy, TIOCGWINSZ, &size))
    say(s, "terminal.size", "%u %u %u %u", size.ws_row, size.ws_col, size.ws_xpixel,
        size.ws_ypixel);
  say(s, "terminal.foreground", "%d", tcgetpgrp(s->copy));
}
