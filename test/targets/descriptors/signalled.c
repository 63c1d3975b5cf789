/* Who is signalled by an open file, and by which signal, is as at the point: O_ASYNC, F_SETOWN_EX
 * and F_SETSIG, changed since, set since, or gone with the descriptor; of leases, too. */
#include "../target.h"
#include <sys/socket.h>

enum { CHANGED, STOPPED, BEGUN, LEASED, COUNT };

static int fds[COUNT], peers[3];
static volatile sig_atomic_t seen_fd;

static void note(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)context;
  seen_fd = info->si_fd;
}

static void set_owner(int fd, enum __pid_type type, pid_t id, int signo) {
  struct f_owner_ex owner = {type, id};
  CHECK(fcntl(fd, F_SETOWN_EX, &owner) == 0 && fcntl(fd, F_SETSIG, signo) == 0);
}

static void verify_owner(int index, enum __pid_type type, pid_t id, int signo) {
  struct f_owner_ex owner;
  CHECK(fcntl(fds[index], F_GETOWN_EX, &owner) == 0);
  if (owner.type != type || owner.pid != id || fcntl(fds[index], F_GETSIG) != signo) {
    fail("%d: type %d, id %d, not %d, %d", index, owner.type, owner.pid, type, id);
  }
}

static void set_async(int fd, int is_set) {
  int flags = fcntl(fd, F_GETFL);
  CHECK(fcntl(fd, F_SETFL, is_set ? flags | O_ASYNC : flags & ~O_ASYNC) == 0);
}

static int is_async(int fd) { return (fcntl(fd, F_GETFL) & O_ASYNC) != 0; }

int main(void) {
  struct tjmp why;
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGRTMIN + 1, &action, NULL) == 0 && signal(SIGIO, SIG_IGN) != SIG_ERR);
  CHECK(signal(SIGRTMIN + 2, SIG_IGN) != SIG_ERR && (getpgrp() == getpid() || !setpgid(0, 0)));
  for (int index = CHANGED; index <= BEGUN; index++) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    fds[index] = pair[0], peers[index] = pair[1];
  }
  close(scratch_file(PAGE, 1));
  fds[LEASED] = open(scratch_names[0], O_RDONLY);
  set_owner(fds[CHANGED], F_OWNER_TID, getpid(), SIGRTMIN + 1), set_async(fds[CHANGED], 1);
  set_owner(fds[STOPPED], F_OWNER_PGRP, getpgrp(), SIGRTMIN + 2), set_async(fds[STOPPED], 1);
  CHECK(fcntl(fds[LEASED], F_SETLEASE, F_RDLCK) == 0);
  set_owner(fds[LEASED], F_OWNER_PID, getpid(), SIGRTMIN + 3);
  point(&why);
  if (why.rollbacks < 2) {
    set_owner(fds[CHANGED], F_OWNER_PGRP, getpgrp(), 0);
    set_owner(fds[STOPPED], F_OWNER_PID, 0, SIGURG), set_async(fds[STOPPED], 0);
    set_owner(fds[BEGUN], F_OWNER_PID, getpid(), SIGUSR1), set_async(fds[BEGUN], 1);
    set_owner(fds[LEASED], F_OWNER_PID, 0, 0);
    if (why.rollbacks == 1) CHECK(close(fds[LEASED]) == 0);
    fall();
  }
  verify_owner(CHANGED, F_OWNER_TID, getpid(), SIGRTMIN + 1);
  verify_owner(STOPPED, F_OWNER_PGRP, getpgrp(), SIGRTMIN + 2);
  verify_owner(LEASED, F_OWNER_PID, getpid(), SIGRTMIN + 3);
  CHECK(is_async(fds[CHANGED]) && is_async(fds[STOPPED]) && !is_async(fds[BEGUN]));
  CHECK(fcntl(fds[LEASED], F_GETLEASE) == F_RDLCK);
  CHECK(write(peers[CHANGED], "x", 1) == 1 && write(peers[BEGUN], "x", 1) == 1);
  while (seen_fd == 0) sleep_ms(1);
  CHECK(seen_fd == fds[CHANGED]);
  return ok();
}
