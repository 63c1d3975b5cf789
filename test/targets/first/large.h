/*
 * Programs with so much memory that their first point is copied while they run: from an image, a
 * child of theirs that no wait of theirs sees.
 */
#ifndef LARGE_H
#define LARGE_H

#include "../target.h"
#include <sys/resource.h>

/* Three times what is copied in the stop. */
#define LARGE ((size_t)48 * MIB)

static long begun_with;

/* How often children that have been reaped were stopped. */
UNUSED static long count_switches(void) {
  struct rusage usage;
  CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0);
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

UNUSED static char *large_memory(void) {
  begun_with = count_switches();
  char *memory = (char *)anonymous(LARGE);
  fill(memory, LARGE, 1);
  return memory;
}

/* A child of this thread that is there and has not ended: 0 when there is none. */
UNUSED static pid_t find_image(void) {
  char path[64], text[64] = "";
  snprintf(path, sizeof path, "/proc/self/task/%ld/children", syscall(SYS_gettid));
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) >= 0 && close(fd) == 0);
  return atoi(text);
}

/* There is an image, or has been one: the only child that has been reaped since. */
UNUSED static int had_image(void) { return find_image() != 0 || count_switches() > begun_with; }

UNUSED static void await_no_image(void) {
  for (int ms = 0; find_image() != 0; ms++) {
    if (ms > 20000) fail("the image stays");
    sleep_ms(1);
  }
}

#endif
