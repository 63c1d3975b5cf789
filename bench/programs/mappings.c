/*
 * Points and rollbacks of a program that has COUNT mappings and leaves all but one alone.
 *
 *   mappings save|back ROUNDS COUNT
 *   mappings read ROUNDS COUNT     what the kernel takes to tell another process of them all
 *
 * Each is one page, and every second one may not be written, so that the kernel joins none.
 */
#include "rounds.h"
#include <fcntl.h>

#define WARM_UP 20

static char *memory;
static int maps;

static void write_page(uint64_t round) { *memory = (char)round; }

static void map_all(unsigned long count) {
  memory = map_touched(count * PAGE, MAP_PRIVATE);
  for (unsigned long page = 1; page < count; page += 2) {
    if (mprotect(memory + page * PAGE, PAGE, PROT_READ) != 0) die("mprotect");
  }
}

static void open_maps(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/maps", getppid());
  maps = open(path, O_RDONLY);
  if (maps < 0) die(path);
}

static void read_maps(void) {
  static char text[1 << 18];
  if (lseek(maps, 0, SEEK_SET) != 0) die("lseek");
  while (read(maps, text, sizeof text) > 0) continue;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  struct rounds rounds = {argument(argc, argv, 2), WARM_UP, write_page, NULL};
  samples_open();
  map_all(argument(argc, argv, 3));
  if (strcmp(argv[1], "read") == 0) measure_in_child(rounds.count, open_maps, read_maps);
  else if (strcmp(argv[1], "save") == 0) measure_save(&rounds);
  else measure_back(&rounds);
  return samples_print();
}
