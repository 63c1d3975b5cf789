/*
 * Requests to a server at a Unix socket, each by a connection of its own, by CLIENTS processes at
 * once: prints the nanoseconds that all took. fork-client SOCKET REQUESTS CLIENTS
 */
#include "bench.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un server = {.sun_family = AF_UNIX};

static void request(void) {
  char reply[256];
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (void *)&server, sizeof server) != 0) die("connect");
  if (write(fd, "GET / HTTP/1.0\r\n\r\n", 18) != 18) die("write");
  size_t size = 0;
  for (ssize_t count; (count = read(fd, reply + size, sizeof reply - size)) > 0;) {
    size += (size_t)count;
  }
  if (size < 8 || memcmp(reply, "HTTP/1.0", 8) != 0) die("no reply");
  close(fd);
}

int main(int argc, char **argv) {
  unsigned long requests = argument(argc, argv, 2), clients = argument(argc, argv, 3);
  strncpy(server.sun_path, argv[1], sizeof server.sun_path - 1);
  uint64_t began = now_ns();
  for (unsigned long client = 0; client < clients; client++) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned long done = client; done < requests; done += clients) request();
    _exit(0);
  }
  for (int status; wait(&status) > 0;) {
    if (status != 0) return 1;
  }
  printf("%llu\n", (unsigned long long)(now_ns() - began));
  return 0;
}
