/*
 * A program with much memory makes its first point, and goes on for a while: `ready`, then what it
 * has seen of others that run in its place.
 *
 *   large-first SIZE_MB MILLISECONDS
 */
#define _GNU_SOURCE
#include <belay.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms) {
  struct timespec span = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&span, NULL);
}

static void say(const char *text) {
  if (write(1, text, strlen(text)) < 0) _exit(4);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  size_t size = (size_t)atoi(argv[1]) << 20;
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  memset(memory, 1, size);
  pid_t self = getpid();
  say("ready\n");
  int cd = tsetjmp(NULL);
  say(cd > 0 ? "point\n" : "none\n");
  for (long ms = 0; ms < atol(argv[2]); ms++) {
    if (getpid() != self) say("twice\n");
    memory[(size_t)ms * 4096 % size] += 1;
    sleep_ms(1);
  }
  if (getpid() != self) say("twice\n");
  say("done\n");
  return 0;
}
