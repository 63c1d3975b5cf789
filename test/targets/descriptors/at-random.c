/* belay: --retries 1000; argument 1 2 3 */
/* Whatever is opened, closed, copied, moved and changed: each number leads to its own file again,
 * with its offset and flags, is hung up, or is a socket in the place of one; none is open that was
 * not. */
#include "../target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define END 40
#define LARGEFILE 0100000
#define ROUNDS 100

struct look {
  int is_open, flags, close_on_exec;
  mode_t kind;
  dev_t device;
  ino_t inode;
  off_t offset;
};

static uint64_t seed, next_seed;
static int rounds;
static struct look before[END], after[END];

static int draw(int count) { return (int)(noise(&seed) >> 33) % count; }

static void look(struct look *list) {
  for (int fd = 3; fd < END; fd++) {
    struct stat status;
    list[fd] = (struct look){.is_open = fstat(fd, &status) == 0};
    if (!list[fd].is_open) continue;
    list[fd].flags = fcntl(fd, F_GETFL);
    /* Of pipes it says whether they were opened by open(2), as they are when they come back. */
    if (S_ISFIFO(status.st_mode)) list[fd].flags &= ~LARGEFILE;
    list[fd].close_on_exec = fcntl(fd, F_GETFD);
    list[fd].kind = status.st_mode & S_IFMT;
    list[fd].device = status.st_dev;
    list[fd].inode = status.st_ino;
    if (S_ISREG(status.st_mode)) list[fd].offset = lseek(fd, 0, SEEK_CUR);
  }
}

static void open_one(void) {
  const char *path = draw(4) == 0 ? "/dev/null" : scratch_names[draw(SCRATCH_MAX)];
  int flags = (draw(2) ? O_RDWR : O_RDONLY) | (draw(3) ? 0 : O_APPEND) | (draw(2) ? O_CLOEXEC : 0);
  int pair[2] = {-1, -1};
  switch (draw(6)) {
  case 0: CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0); break;
  case 1: CHECK(pipe2(pair, draw(2) ? O_NONBLOCK : 0) == 0); break;
  case 2: pair[0] = draw(2) ? eventfd(3, 0) : epoll_create1(0); break;
  default: pair[0] = open(path, flags); break;
  }
  for (int index = 0; index < 2; index++) {
    if (pair[index] >= END) close(pair[index]);
  }
}

static void change(void) {
  int fd = 3 + draw(END - 3), other = 3 + draw(END - 3), copy;
  switch (draw(11)) {
  case 0: case 1: case 2: open_one(); break;
  case 3: case 4: close(fd); break;
  case 5: case 6: dup3(other, fd, draw(2) ? O_CLOEXEC : 0); break;
  case 7:
    copy = dup(fd);
    if (copy >= END) close(copy);
    break;
  case 8: lseek(fd, draw(4000), SEEK_SET); break;
  case 9: fcntl(fd, F_SETFD, draw(2)); break;
  default: fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) ^ O_NONBLOCK); break;
  }
}

static void compare(int fd) {
  const struct look *was = &before[fd], *is = &after[fd];
  char byte;
  if (was->is_open != is->is_open) fail("round %d: descriptor %d: open or not", rounds, fd);
  if (!was->is_open) return;
  if (was->close_on_exec != is->close_on_exec) fail("round %d: %d: close-on-exec", rounds, fd);
  if (was->inode == is->inode && was->device == is->device) {
    if (was->flags != is->flags) fail("round %d: %d: flags", rounds, fd);
    if (was->offset != is->offset) fail("round %d: %d: offset", rounds, fd);
    return;
  }
  if (S_ISREG(was->kind)) fail("round %d: %d: a file that does not come back", rounds, fd);
  ssize_t size = S_ISSOCK(is->kind) ? recv(fd, &byte, 1, MSG_DONTWAIT) : 1;
  /* Of a pair one end of which was closed both are new, and connected to each other. */
  int is_new = size == -1 && errno == EAGAIN && S_ISSOCK(was->kind) && was->flags == is->flags;
  if (size != 0 && !is_new) fail("round %d: %d leads to another file", rounds, fd);
}

int main(int argc, char **argv) {
  struct tjmp why;
  seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
  for (int fd = 3; fd < 300; fd++) close(fd);
  for (int index = 0; index < SCRATCH_MAX; index++) close(scratch_file(PAGE, 1));
  keep(&next_seed, sizeof next_seed);
  keep(&rounds, sizeof rounds);
  while (rounds < ROUNDS) {
    for (int count = 0; count < 25; count++) change();
    look(before);
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) {
      for (int count = draw(25); count >= 0; count--) change();
      next_seed = seed;
      rounds++;
      fall();
    }
    look(after);
    for (int fd = 3; fd < END; fd++) compare(fd);
    seed = next_seed;
    CHECK(tforget(cd) == 0);
  }
  return ok();
}
