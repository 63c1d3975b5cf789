/*
 * What /proc/self/smaps says of one mapping: its flags, without those that the kernel sets by
 * itself or for a watch.
 */
#ifndef SMAPS_H
#define SMAPS_H

#include "target.h"

static char smaps_text[512 * 1024];

/* Reads with plain system calls into static memory, so that looking changes nothing. */
UNUSED static void smaps_read(void) {
  int fd = open("/proc/self/smaps", O_RDONLY);
  CHECK(fd >= 0);
  size_t size = 0;
  ssize_t got;
  while ((got = read(fd, smaps_text + size, sizeof smaps_text - 1 - size)) > 0) size += (size_t)got;
  close(fd);
  smaps_text[size] = 0;
}

/* The flags of the mapping that begins at `start`, from what was read: "rd wr mr mw me ac". */
UNUSED static void smaps_flags(const void *start, char flags[128]) {
  char head[32];
  snprintf(head, sizeof head, "%" PRIxPTR "-", (uintptr_t)start);
  const char *line = smaps_text;
  if (strncmp(line, head, strlen(head)) != 0) {
    char inside[34];
    snprintf(inside, sizeof inside, "\n%s", head);
    line = strstr(smaps_text, inside);
  }
  if (line == NULL) fail("no mapping begins at %p", start);
  const char *from = strstr(line, "\nVmFlags:");
  CHECK(from != NULL);
  from += strlen("\nVmFlags:");
  flags[0] = 0;
  for (const char *end = strchr(from, '\n'); from + 3 <= end; from += 3) {
    if (strncmp(from, " uw", 3) == 0 || strncmp(from, " sd", 3) == 0) continue;
    if (strncmp(from, " gu", 3) == 0) continue;
    strncat(flags, from, 3);
  }
}

#endif
