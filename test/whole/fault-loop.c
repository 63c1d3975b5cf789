/* Whatever a rollback acquires beforehand can be refused: then nothing has been touched, and the
 * program goes on. Says how often it was refused before it came back. */
#define _GNU_SOURCE
#include <belay.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILES 4
#define SIZE 16384

static int refusals;
static char *maps[FILES];
static unsigned char bytes[SIZE];

static int open_descriptors(void) {
  int count = 0;
  for (int fd = 0; fd < 64; fd++) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

static unsigned long sum(void) {
  unsigned long total = 0;
  for (int index = 0; index < SIZE; index++) total = total * 31 + bytes[index];
  return total;
}

int main(int argc, char **argv) {
  struct tjmp why = {0};
  if (argc != FILES + 1) return 2;
  for (int index = 0; index < FILES; index++) {
    int fd = open(argv[index + 1], O_RDONLY);
    maps[index] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (maps[index] == MAP_FAILED) return 2;
    maps[index][0] = (char)('a' + index);
    close(fd);
  }
  tkeep(&refusals, sizeof refusals);
  int cd = tsetjmp(&why);
  if (cd < 0) return perror("tsetjmp"), 3;
  if (why.cause == TJMP_LONGJMP) {
    for (int index = 0; index < FILES; index++)
      if (maps[index][0] != 'a' + index) return puts("a mapping has other bytes"), 1;
    return printf("back after %d refusals\n", refusals), 0;
  }
  for (int index = 0; index < FILES; index++) munmap(maps[index], SIZE);
  memset(bytes, 7, sizeof bytes);
  int descriptors = open_descriptors();
  for (;;) {
    unsigned long before = sum();
    if (tlongjmp(cd, 1) == 0 || errno != ENOTRECOVERABLE) return perror("tlongjmp"), 1;
    refusals++;
    if (sum() != before || open_descriptors() != descriptors) return puts("touched"), 1;
    for (int index = 0; index < SIZE; index++) bytes[index] += (unsigned char)index;
  }
}
