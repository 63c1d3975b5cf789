/* Another process, which talks to this one over connections, and does what it is told to. */
#ifndef PEER_H
#define PEER_H

#include "../target.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PEERS_MAX 64

/* What it can be told; each is answered by a number, or minus errno. */
enum peer_order {
  PEER_CONNECT, /* 0 */
  PEER_SEND,    /* "request": the bytes that went out */
  PEER_GET,     /* as many bytes as are told: all of them, or what came before the end */
  PEER_END,     /* the bytes that come before a clean end */
  PEER_LOOK,    /* the bytes that are there; -EAGAIN: none, and no end */
  PEER_HANG_UP, /* 0 */
};

struct peer_request {
  int order, index, count;
};

static struct {
  int told, heard;
  pid_t pid;
  struct sockaddr_storage address;
  socklen_t size;
  int type;
} peer_known;

static int peer_receive(int fd, int count, int flags) {
  char byte[4096];
  int sum = 0;
  while (sum < count) {
    int want = count - sum < (int)sizeof byte ? count - sum : (int)sizeof byte;
    ssize_t got = recv(fd, byte, (size_t)want, flags);
    if (got < 0) return sum > 0 && (flags & MSG_DONTWAIT) != 0 ? sum : -errno;
    if (got == 0) return sum;
    sum += (int)got;
  }
  return sum;
}

static int peer_connect(int fd) {
  const struct sockaddr *address = (const struct sockaddr *)&peer_known.address;
  return fd >= 0 && connect(fd, address, peer_known.size) == 0 ? 0 : -errno;
}

static int peer_do(int *fds, const struct peer_request *request) {
  int *fd = &fds[request->index];
  switch (request->order) {
    case PEER_CONNECT:
      *fd = socket(peer_known.address.ss_family, peer_known.type | SOCK_CLOEXEC, 0);
      return peer_connect(*fd);
    case PEER_SEND: {
      ssize_t sent = send(*fd, "request", 7, MSG_NOSIGNAL);
      return sent < 0 ? -errno : (int)sent;
    }
    case PEER_GET: return peer_receive(*fd, request->count, 0);
    case PEER_END: return peer_receive(*fd, 1 << 30, 0);
    case PEER_LOOK: return peer_receive(*fd, 1 << 30, MSG_DONTWAIT);
    default: return close(*fd) == 0 ? 0 : -errno;
  }
}

/* Begins it, before anything is accepted, so that it shares nothing; it ends with this process. */
UNUSED static void peer_begin(int listening) {
  int to[2], from[2];
  peer_known.size = sizeof peer_known.address;
  CHECK(getsockname(listening, (struct sockaddr *)&peer_known.address, &peer_known.size) == 0);
  socklen_t size = sizeof peer_known.type;
  CHECK(getsockopt(listening, SOL_SOCKET, SO_TYPE, &peer_known.type, &size) == 0);
  CHECK(pipe(to) == 0 && pipe(from) == 0);
  peer_known.pid = fork();
  CHECK(peer_known.pid >= 0);
  if (peer_known.pid == 0) {
    int fds[PEERS_MAX];
    struct peer_request request;
    close(to[1]);
    close(from[0]);
    close(listening);
    while (read(to[0], &request, sizeof request) == sizeof request) {
      int answer = peer_do(fds, &request);
      if (write(from[1], &answer, sizeof answer) != sizeof answer) break;
    }
    _exit(0);
  }
  close(to[0]);
  close(from[1]);
  peer_known.told = to[1];
  peer_known.heard = from[0];
}

UNUSED static int peer_ask(int order, int index, int count) {
  struct peer_request request = {order, index, count};
  int answer;
  CHECK(write(peer_known.told, &request, sizeof request) == sizeof request);
  CHECK(read(peer_known.heard, &answer, sizeof answer) == sizeof answer);
  return answer;
}

/* A socket that listens on the loopback, on a port of the kernel's choice. */
UNUSED static int listen_tcp(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(listen(fd, PEERS_MAX) == 0);
  return fd;
}

/* The same in a name space of its own, by a name of the kernel's choice. */
UNUSED static int listen_unix(int type) {
  sa_family_t family = AF_UNIX;
  int fd = socket(AF_UNIX, type, 0);
  CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&family, sizeof family) == 0);
  CHECK(listen(fd, PEERS_MAX) == 0);
  return fd;
}

/* What the first argument names: `inet`, as where there is none, `unix` or `packets`. */
UNUSED static int listen_as(int argc, char **argv) {
  if (argc < 2 || strcmp(argv[1], "inet") == 0) return listen_tcp();
  return listen_unix(strcmp(argv[1], "packets") == 0 ? SOCK_SEQPACKET : SOCK_STREAM);
}

/* The end here of a new connection with the peer. */
UNUSED static int peer_accept(int listening, int index) {
  CHECK(peer_ask(PEER_CONNECT, index, 0) == 0);
  int fd = accept(listening, NULL, NULL);
  CHECK(fd >= 0);
  return fd;
}

/* A request of the peer's has come; it is not read. */
UNUSED static void peer_send(int fd, int index) {
  struct pollfd readable = {fd, POLLIN, 0};
  CHECK(peer_ask(PEER_SEND, index, 0) == 7);
  CHECK(poll(&readable, 1, -1) == 1 && (readable.revents & POLLIN) != 0);
}

UNUSED static void take_request(int fd) {
  char request[8];
  CHECK(recv(fd, request, sizeof request, 0) == 7 && memcmp(request, "request", 7) == 0);
}

/* A request of the peer's is answered; the answer is not read. */
UNUSED static void answer_request(int fd, int index) {
  peer_send(fd, index);
  take_request(fd);
  CHECK(send(fd, "reply", 5, MSG_NOSIGNAL) == 5);
}

/* Request and reply go through: nobody has ended it. */
UNUSED static void check_alive(int fd, int index) {
  CHECK(peer_ask(PEER_LOOK, index, 0) == -EAGAIN);
  answer_request(fd, index);
  CHECK(peer_ask(PEER_GET, index, 5) == 5);
}

/* Both ends see a clean end; the peer's after so many bytes. */
UNUSED static void check_ended(int fd, int index, int count) {
  char byte;
  struct pollfd ended = {fd, POLLIN, 0};
  CHECK(poll(&ended, 1, 0) == 1);
  CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) == 0);
  CHECK(send(fd, &byte, 1, MSG_NOSIGNAL) < 0 && errno == EPIPE);
  CHECK(peer_ask(PEER_END, index, 0) == count);
}

/* The error that waits at a socket, which is told once; 0: none. */
UNUSED static int error_of(int fd) {
  int error = -1;
  socklen_t size = sizeof error;
  CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
  return error;
}

/* An address at which nobody is. */
UNUSED static struct sockaddr_in nobody(int type) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, type, 0);
  CHECK(bind(fd, (void *)&address, sizeof address) == 0);
  CHECK(getsockname(fd, (void *)&address, &size) == 0 && close(fd) == 0);
  return address;
}

#endif
