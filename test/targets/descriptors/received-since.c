/* belay: --peers=keep */
/* Descriptors that came in messages (SCM_RIGHTS) since are closed: nobody waits for their end in
 * vain. Those that had come before stay, and those that were sent away since are still here. */
#include "../target.h"
#include <sys/socket.h>

static void send_one(int socket, int fd) {
  char byte = 'x', room[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  CHECK(sendmsg(socket, &message, 0) == 1);
}

static int receive_one(int socket) {
  char byte, room[CMSG_SPACE(sizeof(int))];
  struct iovec data = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  CHECK(recvmsg(socket, &message, 0) == 1 && message.msg_controllen > 0);
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

/* Sends the writing end of a pipe, and waits for the end of it; then another. */
static void peer(int socket) {
  char byte;
  for (int round = 0; round < 2; round++) {
    int pair[2];
    CHECK(pipe(pair) == 0);
    send_one(socket, pair[1]);
    close(pair[1]);
    ssize_t size = read(pair[0], &byte, 1);
    CHECK(size == 0 || (size == 1 && read(pair[0], &byte, 1) == 0));
    CHECK(write(socket, &byte, 1) == 1);
  }
  _exit(0);
}

int main(void) {
  struct tjmp why;
  char byte;
  int pair[2], status;
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  pid_t child = fork();
  if (child == 0) close(pair[0]), peer(pair[1]);
  close(pair[1]);
  int early = receive_one(pair[0]), file = scratch_file(PAGE, 1);
  CHECK(write(early, "x", 1) == 1 && close(early) == 0 && read(pair[0], &byte, 1) == 1);
  point(&why);
  if (why.rollbacks == 0) {
    int late = receive_one(pair[0]);
    CHECK(late == early && write(late, "y", 1) == 1);
    CHECK(dup2(late, 50) == 50 && close(file) == 0);
    fall();
  }
  CHECK(fcntl(early, F_GETFD) == -1 || lseek(early, 0, SEEK_CUR) == 0);
  CHECK(fcntl(50, F_GETFD) == -1 && lseek(file, 0, SEEK_CUR) == 0);
  CHECK(read(pair[0], &byte, 1) == 1 && waitpid(child, &status, 0) == child && status == 0);
  return ok();
}
