/* Looks at a standing process's descriptors from outside, by copies that it takes for a moment.
 *
 *   look PID
 *   look PID remove    what it left of System V, once it has ended
 *
 * Nothing of belay's takes part, and nothing of the process changes: what has to be read is read
 * without being taken (tee, MSG_PEEK, pread). What /proc tells the checker reads itself. */
#include "look.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SEEN_MAX = 4096, EPOLL_TFD = 7, GETOWN_EX = 16, GETSIG = 11, GETLEASE = 1025 };
enum { GET_SEALS = 1034, SHOWN_MAX = 24 };

static int pid, pid_descriptor, count;
static struct seen all[SEEN_MAX];

void say(const struct seen *s, const char *what, const char *format, ...) {
  va_list list;
  va_start(list, format);
  printf("%d\t%s\t", s->fd, what);
  vprintf(format, list);
  putchar('\n');
  va_end(list);
}

/* How many, a sum over all of them, and what they begin with. */
void say_bytes(const struct seen *s, const char *what, const uint8_t *bytes, size_t size) {
  uint64_t sum = 0xcbf29ce484222325;
  char shown[2 * SHOWN_MAX + 1] = "";
  for (size_t i = 0; i < size; i++) sum = (sum ^ bytes[i]) * 0x100000001b3;
  for (size_t i = 0; i < size && i < SHOWN_MAX; i++) sprintf(shown + 2 * i, "%02x", bytes[i]);
  say(s, what, "%zu bytes, sum %llx, %s", size, (unsigned long long)sum, shown);
}

static int link_begins(const struct seen *s, const char *text) {
  char path[64], link[256] = "";
  snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, s->fd);
  ssize_t size = readlink(path, link, sizeof link - 1);
  return size > 0 && !strncmp(link, text, strlen(text));
}

static int is_local(const struct seen *s) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return !getsockopt(s->copy, SOL_SOCKET, SO_DOMAIN, &domain, &size) && domain == AF_UNIX;
}

static void look_at_memory(const struct seen *s) {
  if ((s->flags & O_ACCMODE) == O_WRONLY) return;
  uint8_t *bytes = malloc(s->size + 1);
  ssize_t size = bytes ? pread(s->copy, bytes, s->size, 0) : -1;
  if (size >= 0) say_bytes(s, "memfd.content", bytes, (size_t)size);
  free(bytes);
}

static void look_at_flags(const struct seen *s) {
  int owner[2] = {0, 0}, seals;
  if (s->flags & O_PATH) return;
  if (!fcntl(s->copy, GETOWN_EX, owner)) say(s, "owner", "%d %d", owner[0], owner[1]);
  say(s, "owner-signal", "%d", fcntl(s->copy, GETSIG));
  if (S_ISREG(s->mode)) say(s, "lease", "%d", fcntl(s->copy, GETLEASE));
  seals = fcntl(s->copy, GET_SEALS);
  if (seals >= 0) say(s, "memfd.seals", "%d", seals);
}

/* A FIFO that it reads, and to which it cannot write: others may, now and then. */
static int is_fifo_of_others(const struct seen *s) {
  struct stat status;
  int is_alone = S_ISFIFO(s->mode) && !link_begins(s, "pipe:") && !(s->flags & O_ACCMODE);
  for (int i = 0; i < count && is_alone; i++) {
    int copy = (int)syscall(SYS_pidfd_getfd, pid_descriptor, all[i].fd, 0);
    if (copy >= 0 && !fstat(copy, &status) && status.st_ino == s->inode)
      is_alone = status.st_dev != s->device || !(fcntl(copy, F_GETFL) & O_ACCMODE);
    close(copy);
  }
  return is_alone;
}

/* What sort of thing it is, in a word. */
static const char *kind_of(const struct seen *s) {
  static const char *const anonymous[] = {"eventfd", "eventpoll", "timerfd", "signalfd",
                                          "inotify", "pidfd"};
  char name[64];
  if (S_ISREG(s->mode) && link_begins(s, "/memfd:")) return "memfd";
  if (S_ISREG(s->mode) && !link_begins(s, "pidfd:")) return "regular";
  if (S_ISDIR(s->mode)) return "directory";
  if (S_ISFIFO(s->mode)) return "pipe";
  if (S_ISSOCK(s->mode)) return is_local(s) ? "unix-socket" : "socket";
  if (S_ISCHR(s->mode)) return isatty(s->copy) ? "terminal" : "device";
  for (size_t i = 0; i < sizeof anonymous / sizeof *anonymous; i++) {
    snprintf(name, sizeof name, "anon_inode:[%s]", anonymous[i]);
    if (link_begins(s, name)) return anonymous[i];
    snprintf(name, sizeof name, "anon_inode:%s", anonymous[i]);
    if (link_begins(s, name)) return anonymous[i];
  }
  return link_begins(s, "pidfd:") ? "pidfd" : "other";
}

/* Whether who waits for it would wait. Of regular files this tells nothing, and of inotify only
 * when somebody did something. */
static void look_at_readiness(const struct seen *s, const char *kind) {
  struct pollfd one = {s->copy, POLLIN | POLLOUT | POLLPRI | 0x2000, 0};
  char what[64];
  if (S_ISREG(s->mode) || S_ISDIR(s->mode) || !strcmp(kind, "inotify")) return;
  snprintf(what, sizeof what, "readiness.%s", kind);
  if (poll(&one, 1, 0) >= 0) say(s, what, "%x", one.revents);
}

static int same_description(int fd, int other) {
  return syscall(SYS_kcmp, pid, pid, 0 /* KCMP_FILE */, fd, other) == 0;
}

static void look_at_sharing(const struct seen *s) {
  for (const struct seen *other = all; other < s; other++)
    if (other->inode == s->inode && other->device == s->device &&
        same_description(s->fd, other->fd)) {
      say(s, "shared-with", "%d", other->fd);
      return;
    }
}

/* Whether each number in the set is still that of the file which is watched. */
static void look_at_set(const struct seen *s) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", pid, s->fd);
  FILE *info = fopen(path, "r");
  while (info && fgets(line, sizeof line, info)) {
    struct {
      unsigned set, fd, nth;
    } slot = {(unsigned)s->fd, 0, 0};
    if (sscanf(line, "tfd: %u", &slot.fd) != 1) continue;
    long same = syscall(SYS_kcmp, pid, pid, EPOLL_TFD, slot.fd, &slot);
    char what[64];
    snprintf(what, sizeof what, "epoll.file of %u", slot.fd);
    say(s, what, "%s", same == 0 ? "that of the number" : "another");
  }
  if (info) fclose(info);
}

static void look(struct seen *s) {
  struct stat status;
  s->copy = (int)syscall(SYS_pidfd_getfd, pid_descriptor, s->fd, 0);
  if (s->copy < 0 || fstat(s->copy, &status)) {
    say(s, "cannot-be-seen", "%m");
    return;
  }
  s->flags = fcntl(s->copy, F_GETFL);
  s->mode = status.st_mode;
  s->device = status.st_dev;
  s->inode = status.st_ino;
  s->size = (uint64_t)status.st_size;
  const char *kind = kind_of(s);
  say(s, "file", "%s of device %u:%u, inode %llu, rdev %x%s", kind, major(status.st_dev),
      minor(status.st_dev), (unsigned long long)s->inode, (unsigned)status.st_rdev,
      s->flags & O_PATH ? ", a place" : "");
  look_at_sharing(s);
  look_at_flags(s);
  if (!(s->flags & O_PATH)) {
    look_at_readiness(s, kind);
    if (S_ISFIFO(s->mode)) look_at_pipe(s);
    if (is_fifo_of_others(s)) say(s, "fifo.reader", "alone");
    if (S_ISSOCK(s->mode)) look_at_socket(s);
    if (S_ISCHR(s->mode)) look_at_terminal(s);
    if (link_begins(s, "/memfd:")) {
      say(s, "memfd.size", "%llu", (unsigned long long)s->size);
      look_at_memory(s);
    }
    if (link_begins(s, "anon_inode:[eventpoll]")) look_at_set(s);
  }
  close(s->copy);
}

/* What it left of System V: its keys are made of its pid (target/calls/shared.c). */
static int remove_objects(void) {
  for (int n = 0; n < 8; n++) {
    key_t key = (key_t)((unsigned)pid << 8 | (unsigned)n);
    shmctl(shmget(key, 0, 0), IPC_RMID, NULL);
    semctl(semget(key, 0, 0), 0, IPC_RMID);
    msgctl(msgget(key, 0), IPC_RMID, NULL);
  }
  return 0;
}

static int by_number(const void *one, const void *other) {
  return ((const struct seen *)one)->fd - ((const struct seen *)other)->fd;
}

int main(int argc, char **argv) {
  char path[64];
  struct dirent *entry;
  if (argc < 2) return 2;
  pid = atoi(argv[1]);
  if (argc > 2) return remove_objects();
  pid_descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *directory = opendir(path);
  if (pid_descriptor < 0 || !directory) return 1;
  while ((entry = readdir(directory)) && count < SEEN_MAX)
    if (entry->d_name[0] != '.') all[count++].fd = atoi(entry->d_name);
  qsort(all, (size_t)count, sizeof *all, by_number);
  for (int i = 0; i < count; i++) look(&all[i]);
  return 0;
}
