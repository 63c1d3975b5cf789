/* A set watches a file by the number that it was added by, also when that leads elsewhere: such
 * watches of the point are there again, and those that came since are not, whoever has the file. */
#include "epoll.h"

enum { STALE, MOVED, LEFT, ALIKE };

int main(void) {
  struct tjmp why;
  int set = epoll_create1(0), parent[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, parent) == 0);
  struct ends stale = make_pipe(1), moved = make_pipe(1), left = make_pipe(0);
  int stale_copy = dup(stale.out), counter = eventfd(0, 0);
  watch(set, stale.out, EPOLLIN, STALE);
  close(stale.out);
  watch(set, moved.out, EPOLLIN, MOVED);
  watch(set, counter, EPOLLIN, ALIKE);
  point(&why);
  if (why.rollbacks == 0) {
    CHECK(ready(set) == (1 << STALE | 1 << MOVED));
    /* It is not watched any more. */
    CHECK(dup2(stale_copy, stale.out) == stale.out);
    control(set, EPOLL_CTL_DEL, stale.out, 0, 0);
    close(stale.out);
    /* Its number leads nowhere, but its file is open. */
    CHECK(dup(moved.out) >= 0 && close(moved.out) == 0);
    /* Another counter that has everything of the first one but its life and a count. */
    int other = eventfd(1, 0);
    CHECK(dup2(other, counter) == counter && close(other) == 0);
    watch(set, counter, EPOLLIN, ALIKE);
    /* One more, which leads elsewhere then, and is open in a child. */
    struct ends fresh = make_pipe(1);
    pid_t child = fork();
    if (child == 0) {
      char byte;
      close(parent[1]);
      _exit(read(parent[0], &byte, 1) != 0);
    }
    CHECK(child > 0 && dup2(fresh.out, left.out) == left.out && close(fresh.out) == 0);
    watch(set, left.out, EPOLLIN, LEFT);
    fall();
  }
  uint64_t found = ready(set);
  if (found != (1 << STALE | 1 << MOVED)) fail("ready: %#" PRIx64, found);
  CHECK(eventfd_write(counter, 1) == 0 && ready(set) == (1 << STALE | 1 << MOVED | 1 << ALIKE));
  CHECK(count_watches(set, stale.out) == 1 && count_watches(set, moved.out) == 1);
  CHECK(count_watches(set, left.out) == 0 && count_watches(set, counter) == 1);
  return ok();
}
