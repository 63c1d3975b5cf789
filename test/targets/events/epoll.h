/* Epoll sets, and what is ready in them. */
#ifndef EPOLL_H
#define EPOLL_H

#include "../target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

enum { EVENTS_MAX = 64 };

UNUSED static void control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  CHECK(epoll_ctl(epoll, operation, fd, &event) == 0);
}

UNUSED static void watch(int epoll, int fd, uint32_t events, uint64_t data) {
  control(epoll, EPOLL_CTL_ADD, fd, events, data);
}

/* What is ready now, as bits: 1 << data. */
UNUSED static uint64_t ready(int epoll) {
  struct epoll_event events[EVENTS_MAX];
  uint64_t all = 0;
  int count = epoll_wait(epoll, events, EVENTS_MAX, 0);
  CHECK(count >= 0);
  for (int index = 0; index < count; index++) {
    uint64_t bit = UINT64_C(1) << events[index].data.u64;
    CHECK((all & bit) == 0);
    all |= bit;
  }
  return all;
}

struct ends {
  int out, in;
};

/* A pipe, with a byte in it or without. */
UNUSED static struct ends make_pipe(int has_byte) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  if (has_byte) CHECK(write(ends[1], "x", 1) == 1);
  return (struct ends){ends[0], ends[1]};
}

/* How many lines fdinfo has of what the set watches by this number. */
UNUSED static int count_watches(int epoll, int fd) {
  char name[64], line[256];
  int count = 0, number;
  snprintf(name, sizeof name, "/proc/self/fdinfo/%d", epoll);
  FILE *file = fopen(name, "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "tfd: %d", &number) == 1 && number == fd) count++;
  }
  fclose(file);
  return count;
}

#endif
