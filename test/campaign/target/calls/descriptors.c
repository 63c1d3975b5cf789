/* Descriptors: opened in all ways, closed, given other numbers and flags, read, written. */
#include "calls.h"

enum { HIGH_NUMBER = 100, HIGH_NUMBERS = 60 };

static long open_file(struct caller *c) {
  static const int extra[] = {0, 0, O_APPEND, O_TRUNC, O_NONBLOCK, O_CLOEXEC, O_APPEND | O_CLOEXEC};
  char path[160];
  own_path(path, "file", c->index, pick(c, FILES));
  int flags = (int)pick(c, 3) | O_CREAT | extra[pick(c, 7)]; /* read, write or both */
  return hold_fd(c, sys4(SYS_openat, AT_FDCWD, path, flags | O_NONBLOCK, 0644), A_FILE);
}

static long open_other(struct caller *c) {
  char path[160];
  switch (pick(c, 6)) {
  case 0: return hold_fd(c, sys2(SYS_open, "/dev/null", pick(c, 3)), A_DEVICE);
  case 1: return hold_fd(c, sys2(SYS_open, "/dev/zero", O_RDONLY | O_CLOEXEC), A_DEVICE);
  case 2:
    own_path(path, "file", c->index, pick(c, FILES));
    return hold_fd(c, sys2(SYS_open, path, O_PATH | O_CLOEXEC), A_PLACE);
  case 3: return hold_fd(c, sys2(SYS_open, own_directory, O_PATH | O_DIRECTORY), A_PLACE);
  case 4: return hold_fd(c, sys2(SYS_open, "/proc/self/cmdline", O_RDONLY), A_DEVICE);
  default: return hold_fd(c, sys2(SYS_open, own_directory, O_RDONLY | O_DIRECTORY), A_DIRECTORY);
  }
}

static long open_unnamed(struct caller *c) {
  u64 flags = O_TMPFILE | (one_in(c, 2) ? O_RDWR : O_WRONLY);
  if (one_in(c, 2)) return hold_fd(c, sys3(SYS_open, own_directory, flags, 0600), A_FILE);
  return hold_fd(c, sys2(SYS_memfd_create, "campaign", pick(c, 4)), A_MEMFD);
}

static long close_one(struct caller *c) {
  struct held *held = any_held(c, ANY_KIND);
  if (!held) return 0;
  held->kind = 0;
  return sys1(SYS_close, held->fd);
}

static long duplicate(struct caller *c) {
  struct held *held = any_held(c, ANY_KIND), *over = any_held(c, ANY_KIND);
  if (!held) return 0;
  u32 kind = held->kind;
  int fd = held->fd;
  switch (pick(c, 4)) {
  case 0: return hold_fd(c, sys1(SYS_dup, fd), kind);
  case 1: /* over another one of its own */
    if (over == held) return 0;
    over->kind = kind;
    return sys2(SYS_dup2, fd, over->fd);
  case 2:
    if (over == held) return 0;
    over->kind = kind;
    return sys3(SYS_dup3, fd, over->fd, one_in(c, 2) ? O_CLOEXEC : 0);
  default: {
    u64 number = HIGH_NUMBER + c->index * HIGH_NUMBERS + pick(c, HIGH_NUMBERS);
    return hold_fd(c, sys3(SYS_fcntl, fd, one_in(c, 2) ? F_DUPFD : 1030, number), kind);
  }
  }
}

static long set_flags(struct caller *c) {
  int fd = any_fd(c, ANY_KIND);
  if (one_in(c, 2)) return sys3(SYS_fcntl, fd, F_SETFD, pick(c, 2));
  long flags = sys3(SYS_fcntl, fd, F_GETFL, 0);
  if (flags < 0) return flags;
  if (one_in(c, 4)) return sys3(SYS_fcntl, fd, F_SETFL, (u64)flags ^ O_ASYNC);
  return sys3(SYS_fcntl, fd, F_SETFL, (u64)flags ^ (one_in(c, 3) ? O_NOATIME : O_APPEND));
}

static long seek(struct caller *c) {
  static const int whence[] = {SEEK_SET, SEEK_SET, SEEK_CUR, SEEK_END};
  return sys3(SYS_lseek, any_fd(c, A_FILE | A_MEMFD | A_DIRECTORY), pick(c, 5000),
              whence[pick(c, 4)]);
}

static long read_some(struct caller *c) {
  u8 bytes[1024];
  struct held *held = any_held(c, A_FILE | A_MEMFD | A_DIRECTORY | A_DEVICE);
  if (!held) return 0;
  if (held->kind == A_DIRECTORY) return sys3(SYS_getdents64, held->fd, bytes, sizeof bytes);
  return sys3(SYS_read, held->fd, bytes, 1 + pick(c, sizeof bytes));
}

static long write_some(struct caller *c) {
  u8 bytes[512];
  u64 size = noise_bytes(c, bytes, sizeof bytes);
  return sys3(SYS_write, any_fd(c, A_FILE | A_MEMFD | A_DEVICE), bytes, size);
}

static long truncate_one(struct caller *c) {
  return sys2(SYS_ftruncate, any_fd(c, A_FILE | A_MEMFD), pick(c, 20000));
}

static long rename_one(struct caller *c) {
  char from[160], to[160];
  own_path(from, "file", c->index, pick(c, FILES));
  own_path(to, "file", c->index, pick(c, FILES));
  return sys2(SYS_rename, from, to);
}

static long unlink_one(struct caller *c) {
  char path[160];
  own_path(path, "file", c->index, pick(c, FILES));
  return sys1(SYS_unlink, path);
}

/* Signals of its input and output are SIGIO or one that all threads block. */
static long set_owner(struct caller *c) {
  int fd = any_fd(c, A_FILE | A_PIPE | A_LOCAL | A_SOCKET | A_TERMINAL | AN_EVENTFD);
  int owner[2] = {(int)pick(c, 2), (int)sys1(SYS_gettid, 0)}; /* F_OWNER_TID, F_OWNER_PID */
  if (owner[0] == 1) owner[1] = (int)own_pid;
  switch (pick(c, 4)) {
  case 0: return sys3(SYS_fcntl, fd, F_SETOWN, one_in(c, 3) ? 0 : own_pid);
  case 1: return sys3(SYS_fcntl, fd, 15 /* F_SETOWN_EX */, owner);
  default: return sys3(SYS_fcntl, fd, 10 /* F_SETSIG */, one_in(c, 3) ? 0 : SIGIO);
  }
}

const struct row descriptor_rows[] = {
  {"open-file", 12, open_file},
  {"open-other", 6, open_other},
  {"open-unnamed", 5, open_unnamed},
  {"close", 12, close_one},
  {"duplicate", 12, duplicate},
  {"set-flags", 6, set_flags},
  {"seek", 6, seek},
  {"read", 6, read_some},
  {"write", 8, write_some},
  {"truncate", 2, truncate_one},
  {"rename", 3, rename_one},
  {"unlink", 3, unlink_one},
  {"owner", 3, set_owner},
  {0},
};
