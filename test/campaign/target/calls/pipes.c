/* Pipes, FIFOs and socketpairs: written, read, shut down, resized, with descriptors under way. */
#include "calls.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { SETPIPE_SZ = 1031, ROOM = 1000, FIFOS = 2 };

static long pipe_new(struct caller *c) {
  int ends[2];
  u64 flags = O_NONBLOCK | (one_in(c, 4) ? O_DIRECT : 0) | (one_in(c, 2) ? O_CLOEXEC : 0);
  long result = sys2(SYS_pipe2, ends, flags);
  if (result) return result;
  hold_fd(c, ends[0], A_PIPE);
  return hold_fd(c, ends[1], A_PIPE);
}

static long fifo_open(struct caller *c) {
  static const int how[] = {O_RDONLY, O_RDWR, O_WRONLY};
  char path[160];
  own_path(path, "fifo", c->index, pick(c, FIFOS));
  sys3(SYS_mknod, path, S_IFIFO | 0600, 0);
  return hold_fd(c, sys2(SYS_open, path, how[pick(c, 3)] | O_NONBLOCK), A_PIPE);
}

static long pair_new(struct caller *c) {
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  int ends[2];
  u64 type = (u64)types[pick(c, 3)] | SOCK_NONBLOCK | (one_in(c, 2) ? SOCK_CLOEXEC : 0);
  long result = sys4(SYS_socketpair, AF_UNIX, type, 0, ends);
  if (result) return result;
  hold_fd(c, ends[0], A_LOCAL);
  return hold_fd(c, ends[1], A_LOCAL);
}

static long pipe_write(struct caller *c) {
  u8 bytes[ROOM];
  int fd = any_fd(c, A_PIPE);
  u64 size = noise_bytes(c, bytes, ROOM);
  return is_ready(fd, POLLOUT) ? sys3(SYS_write, fd, bytes, size) : 0;
}

static long pipe_read(struct caller *c) {
  u8 bytes[ROOM];
  int fd = any_fd(c, A_PIPE);
  u64 size = 1 + pick(c, ROOM);
  return is_ready(fd, POLLIN) ? sys3(SYS_read, fd, bytes, size) : 0;
}

static long pipe_resize(struct caller *c) {
  return sys3(SYS_fcntl, any_fd(c, A_PIPE), SETPIPE_SZ, 4096UL << pick(c, 5));
}

static long local_send(struct caller *c) {
  u8 bytes[ROOM];
  u64 size = noise_bytes(c, bytes, ROOM);
  return sys6(SYS_sendto, (u64)any_fd(c, A_LOCAL), (u64)bytes, size,
              MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
}

static long local_receive(struct caller *c) {
  u8 bytes[ROOM];
  return sys6(SYS_recvfrom, (u64)any_fd(c, A_LOCAL), (u64)bytes, 1 + pick(c, ROOM), MSG_DONTWAIT,
              0, 0);
}

static long local_shutdown(struct caller *c) {
  return sys2(SYS_shutdown, any_fd(c, A_LOCAL), pick(c, 3));
}

static u32 kind_of(int fd) {
  struct stat status;
  if (sys2(SYS_fstat, fd, &status)) return A_PLACE;
  switch (status.st_mode & S_IFMT) {
  case S_IFREG: return A_FILE;
  case S_IFDIR: return A_DIRECTORY;
  case S_IFIFO: return A_PIPE;
  case S_IFSOCK: return A_LOCAL;
  default: return A_PLACE; /* nothing is read from it or written to it */
  }
}

static long pass(struct caller *c, int is_sent) {
  union {
    struct cmsghdr header;
    u8 room[CMSG_SPACE(sizeof(int))];
  } control = {.room = {0}};
  char byte = 'd';
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = sizeof control};
  int fd = any_fd(c, ANY_KIND & ~(A_LOCAL | A_SOCKET)), end = any_fd(c, A_LOCAL);
  if (is_sent) {
    control.header = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    return sys3(SYS_sendmsg, end, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  long got = sys3(SYS_recvmsg, end, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 || message.msg_controllen < CMSG_LEN(sizeof fd)) return got;
  if (control.header.cmsg_type != SCM_RIGHTS) return got;
  memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
  return hold_fd(c, fd, kind_of(fd));
}

static long rights_send(struct caller *c) { return pass(c, 1); }
static long rights_receive(struct caller *c) { return pass(c, 0); }

const struct row pipe_rows[] = {
  {"pipe", 5, pipe_new},
  {"fifo", 2, fifo_open},
  {"socketpair", 5, pair_new},
  {"pipe-write", 8, pipe_write},
  {"pipe-read", 6, pipe_read},
  {"pipe-size", 2, pipe_resize},
  {"local-send", 8, local_send},
  {"local-receive", 6, local_receive},
  {"local-shutdown", 1, local_shutdown},
  {"rights-send", 2, rights_send},
  {"rights-receive", 2, rights_receive},
  {0},
};
