/* belay: --every 3; argument untouched storm */
/* A transfer that stops of belay's, or ignored signals, break off is continued to its end. */
#include "blocking.h"
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

enum { SIZE = 1 << 20 };

static volatile int is_over, caught;
static char out[SIZE], in[SIZE];
static int ends[2];

/* It leaves them to the other thread: taken here, they would end its call all the same. */
static void *storm(void *argument) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGWINCH);
  CHECK(pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0);
  while (!is_over) {
    kill(getpid(), SIGWINCH);
    usleep(2000);
  }
  return argument;
}

static void handler(int signo) { caught = signo; }

/* A child that slowly reads all there is and says whether it is what was sent. */
static pid_t reader(void) {
  pid_t child = fork();
  if (child != 0) return close(ends[0]) == 0 ? child : -1;
  close(ends[1]);
  for (ssize_t size = 0, more; size < SIZE; size += more) {
    more = read(ends[0], in + size, 8192);
    if (more <= 0) _exit(2);
    usleep(400);
  }
  _exit(memcmp(in, out, SIZE) == 0 && read(ends[0], in, 1) == 0 ? 0 : 1);
}

static void writer(void) {
  if (fork() != 0) {
    CHECK(close(ends[1]) == 0);
    return;
  }
  close(ends[0]);
  for (ssize_t size = 0; size < SIZE; size += 16384) {
    if (write(ends[1], out + size, 16384) != 16384) _exit(1);
    usleep(1000);
  }
  _exit(0);
}

static void finish(pid_t child) {
  int status;
  CHECK(close(ends[1]) == 0 && waitpid(child, &status, 0) == child);
  if (status != 0) fail("the other end saw something else: status %x", status);
}

/* What is in a pipe, which has been filled. */
static ssize_t splice_all(void) {
  int pipe_ends[2];
  CHECK(pipe(pipe_ends) == 0 && fcntl(pipe_ends[1], F_SETPIPE_SZ, SIZE) >= SIZE);
  CHECK(write(pipe_ends[1], out, SIZE) == SIZE);
  ssize_t size = splice(pipe_ends[0], NULL, ends[1], NULL, 2 * SIZE, 0);
  close(pipe_ends[0]), close(pipe_ends[1]);
  return size;
}

static ssize_t send_all(int number, int file) {
  struct iovec parts[3] = {{out, 100000}, {out + 100000, 1}, {out + 100001, SIZE - 100001}};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = parts;
  message.msg_iovlen = 3;
  switch (number) {
    case 0: return write(ends[1], out, SIZE);
    case 1: return writev(ends[1], parts, 3);
    case 2: return pwritev2(ends[1], parts, 3, -1, 0);
    case 3: return sendfile(ends[1], file, NULL, SIZE);
    case 4: return send(ends[1], out, SIZE, 0);
    case 5: return splice_all();
    default: return sendmsg(ends[1], &message, 0);
  }
}

static void open_ends(int is_pipe) {
  CHECK((is_pipe ? pipe(ends) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) == 0);
}

static void receive_all(int number) {
  struct iovec parts[2] = {{in, 5000}, {in + 5000, SIZE - 5000}};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  memset(in, 0, SIZE);
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  open_ends(0);
  writer();
  ssize_t size = number == 0 ? recv(ends[0], in, SIZE, MSG_WAITALL)
                             : recvmsg(ends[0], &message, MSG_WAITALL);
  if (size != SIZE) fail("received %zd of %d", size, SIZE);
  CHECK(memcmp(in, out, SIZE) == 0 && wait(NULL) > 0 && close(ends[0]) == 0);
}

static void generate(void) {
  size_t size = 32 * MIB;
  char *block = (char *)anonymous(size);
  struct iovec parts[2] = {{block, size / 2}, {block + size / 2, size / 2}};
  int zero = open("/dev/zero", O_RDONLY), random = open("/dev/urandom", O_RDONLY);
  int file = memfd_create("transfers", 0);
  CHECK(syscall(SYS_getrandom, block, size / 4, 0) == (ssize_t)size / 4);
  CHECK(read(random, block, size / 4) == (ssize_t)size / 4);
  CHECK(read(zero, block, size) == (ssize_t)size);
  CHECK(readv(zero, parts, 2) == (ssize_t)size && preadv2(zero, parts, 2, -1, 0) == (ssize_t)size);
  CHECK(fallocate(file, 0, 0, 128 << 20) == 0 && lseek(file, 0, SEEK_END) == 128 << 20);
  munmap(block, size);
  close(zero), close(random), close(file);
}

/* What a handler breaks off has been done in part, as without belay. */
static void interrupted(void) {
  struct itimerval soon = {{0, 0}, {0, 30000}};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigaction(SIGALRM, &action, NULL);
  open_ends(1);
  setitimer(ITIMER_REAL, &soon, NULL);
  ssize_t size = write(ends[1], out, SIZE);
  CHECK(size == 65536 && caught == SIGALRM);
  CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
}

int main(int argc, char **argv) {
  pthread_t thread;
  int is_stormy = argc > 1 && strcmp(argv[1], "storm") == 0;
  fill(out, SIZE, 7);
  int file = scratch_file(SIZE, 7);
  CHECK(tforget(point(NULL)) == 0);
  if (is_stormy) CHECK(pthread_create(&thread, NULL, storm, NULL) == 0);
  for (int number = 0; number < 10; number++) {
    int how = number < 7 ? number : number - 7; /* pipes, then sockets */
    open_ends(number < 3);
    pid_t child = reader();
    lseek(file, 0, SEEK_SET);
    ssize_t size = send_all(how, file);
    if (size != SIZE) fail("transfer %d: %zd of %d (errno %d)", number, size, SIZE, errno);
    finish(child);
  }
  receive_all(0);
  receive_all(1);
  generate();
  is_over = 1;
  if (is_stormy) CHECK(pthread_join(thread, NULL) == 0);
  interrupted();
  return ok();
}
