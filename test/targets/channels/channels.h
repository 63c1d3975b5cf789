/* What the targets of this directory share. */
#ifndef CHANNELS_H
#define CHANNELS_H

#include "../target.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

UNUSED static int waiting(int fd) {
  int size = -1;
  CHECK(ioctl(fd, FIONREAD, &size) == 0);
  return size;
}

/* The next read gives exactly this. */
UNUSED static void expect(int fd, const char *text) {
  char bytes[4096];
  ssize_t size = read(fd, bytes, sizeof bytes - 1);
  bytes[size < 0 ? 0 : size] = 0;
  if (size != (ssize_t)strlen(text) || strcmp(bytes, text) != 0) {
    fail("read %zd bytes of %d, \"%s\", not \"%s\"", size, fd, bytes, text);
  }
}

UNUSED static void put(int fd, const char *text) {
  CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Nothing is there, and the other end is. */
UNUSED static void expect_empty(int fd) {
  char byte;
  CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) == -1);
  if (errno == ENOTSOCK) CHECK(waiting(fd) == 0);
  else CHECK(errno == EAGAIN);
}

UNUSED static int has_lost(const struct tjmp *why) {
  return (why->lost & TJMP_LOST_CONTENTS) != 0;
}

#endif
