/* Connections that close after the point, and a stranger who gets their numbers: after the fall the
 * numbers are hung up, and the epoll set that had one says so; the stranger's peer sees the end. A
 * pipe within the program is that pipe again, and nobody else's. */
#include "../target.h"
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static int stranger[2];

static void check_hung_up(int fd) {
  char byte;
  CHECK(read(fd, &byte, 1) == 0);
  CHECK(write(fd, "x", 1) == -1 && errno == EPIPE);
}

int main(void) {
  struct tjmp why;
  char byte;
  int administrator[2], ends[2], epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1122334455667788};
  signal(SIGPIPE, SIG_IGN);
  point(NULL);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, administrator) == 0);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  /* Its number stays taken. */
  CHECK(close(administrator[1]) == 0 && open("/dev/null", O_RDONLY) == administrator[1]);
  CHECK(pipe(ends) == 0 && epoll >= 0);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, administrator[0], &event) == 0);
  keep(stranger, sizeof stranger);
  point(&why);
  if (why.rollbacks < 2) {
    close(administrator[0]);
    close(ends[0]);
    close(ends[1]);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, stranger) == 0);
    CHECK(stranger[0] == administrator[0] && stranger[1] == ends[0]);
    int peer = dup2(stranger[1], 100);
    CHECK(write(peer, "become root", 11) == 11);
    fall();
  }
  CHECK((why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  check_hung_up(administrator[0]);
  CHECK(write(ends[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1);
  CHECK(close(ends[1]) == 0 && read(ends[0], &byte, 1) == 0);
  CHECK(fcntl(administrator[0], F_GETFD) == FD_CLOEXEC && fcntl(ends[0], F_GETFD) == 0);
  CHECK(epoll_wait(epoll, &event, 1, 0) == 1 && (event.events & EPOLLHUP) != 0);
  CHECK(event.data.u64 == 0x1122334455667788);
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
  return ok();
}
