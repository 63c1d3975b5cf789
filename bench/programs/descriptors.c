/*
 * Points and rollbacks of a program that has COUNT descriptors and leaves them alone.
 *
 *   descriptors save|back ROUNDS COUNT
 *   descriptors read ROUNDS COUNT     what the kernel takes to tell another process of them all
 *
 * They are files, ends of pipes, eventfds, connections on the loopback and pairs of Unix sockets.
 */
#include "rounds.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define WARM_UP 40

static int listener;
static struct sockaddr_in here = {.sin_family = AF_INET};
static socklen_t here_size = sizeof here;

static void nothing(uint64_t round) { (void)round; }

static void listen_here(void) {
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (void *)&here, here_size) != 0) die("bind");
  if (listen(listener, 1) != 0) die("listen");
  if (getsockname(listener, (void *)&here, &here_size) != 0) die("getsockname");
}

static void connect_here(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (void *)&here, here_size) != 0) die("connect");
  if (accept(listener, NULL, NULL) < 0) die("accept");
}

/* Eight more. */
static void open_some(void) {
  int pair[2];
  if (open("/proc/self/exe", O_RDONLY) < 0 || open("/dev/null", O_WRONLY) < 0) die("open");
  if (pipe(pair) != 0 || eventfd(0, 0) < 0 || eventfd(0, 0) < 0) die("pipe");
  connect_here();
}

static void open_all(unsigned long count) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  listen_here();
  for (unsigned long opened = 8; opened + 8 <= count; opened += 8) open_some();
}

static int *infos;
static unsigned long info_count;

/* In a child, which has none of them itself. */
static void open_infos(void) {
  char path[64];
  close_range(3, ~0U, 0);
  infos = calloc(info_count, sizeof *infos);
  for (unsigned long index = 0; index < info_count; index++) {
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%lu", getppid(), index);
    infos[index] = open(path, O_RDONLY);
  }
}

static void read_infos(void) {
  char text[1024];
  for (unsigned long index = 0; index < info_count; index++) {
    if (infos[index] >= 0) (void)!pread(infos[index], text, sizeof text, 0);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  struct rounds rounds = {argument(argc, argv, 2), WARM_UP, nothing, NULL};
  unsigned long count = argument(argc, argv, 3);
  samples_open();
  open_all(count);
  info_count = count;
  if (strcmp(argv[1], "read") == 0) measure_in_child(rounds.count, open_infos, read_infos);
  else if (strcmp(argv[1], "save") == 0) measure_save(&rounds);
  else measure_back(&rounds);
  return samples_print();
}
