/*
 * Writes its memory again and again, PARTS of 16 at a time, and ends when it is not as it left it:
 * each part has the number of the step that wrote it last in all of its words.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PARTS = 16, WORDS = 24 << 10 };

static volatile uint64_t memory[PARTS][WORDS];
static volatile uint64_t step;

static void check_and_write(int part) {
  uint64_t before = memory[part][0];
  for (int i = 0; i < WORDS; i++) {
    if (memory[part][i] != before) {
      printf("part %d is mixed in step %lu\n", part, (unsigned long)step);
      exit(1);
    }
  }
  for (int i = 0; i < WORDS; i++) memory[part][i] = step;
}

int main(int argc, char **argv) {
  int parts = argc > 1 ? atoi(argv[1]) : 1;
  for (step = 1;; step++) {
    for (int i = 0; i < parts; i++) check_and_write((int)((step + i) % PARTS));
    usleep(2000);
  }
}
