/* What the looker prints: a line "FD<tab>what<tab>value" for each thing that the kernel tells. */
#ifndef LOOK_H
#define LOOK_H

#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>

struct seen { /* one descriptor of the program, and a copy of it here for a moment */
  int fd, copy, flags;
  unsigned mode;
  uint64_t device, inode, size;
};
void say(const struct seen *s, const char *what, const char *format, ...)
  __attribute__((format(printf, 3, 4)));
void say_bytes(const struct seen *s, const char *what, const uint8_t *bytes, size_t size);
void look_at_pipe(const struct seen *s);
void look_at_socket(const struct seen *s);
void look_at_terminal(const struct seen *s);

#endif
