/* Whether a thread waits in a call, asked of the kernel: its own flag would come too early. */
#ifndef ASLEEP_H
#define ASLEEP_H

#include "../target.h"

UNUSED static int is_asleep(pid_t pid, pid_t tid) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
  int fd = open(path, O_RDONLY);
  ssize_t size = read(fd, text, sizeof text - 1);
  CHECK(fd >= 0 && size > 0 && close(fd) == 0);
  text[size] = '\0';
  return strrchr(text, ')')[2] == 'S';
}

#endif
