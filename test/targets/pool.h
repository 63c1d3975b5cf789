/* The pool of huge pages, enlarged while a target runs: where that is possible, and by root. */
#ifndef POOL_H
#define POOL_H

#include "target.h"

#define HUGE (2 * MIB)

static int pool_added;

static void pool_change(int by) {
  int count = 0;
  FILE *file = fopen("/proc/sys/vm/nr_hugepages", "r+");
  if (file == NULL) return;
  if (fscanf(file, "%d", &count) == 1) {
    rewind(file);
    fprintf(file, "%d", count + by);
  }
  fclose(file);
}

static void pool_remove(void) {
  if (pool_added > 0) pool_change(-pool_added);
  pool_added = 0;
}

UNUSED static void pool_add(int count) {
  pool_change(count);
  pool_added = count;
}

/* As `point`, with the pool as it was where there is nobody to answer it. */
UNUSED static int pool_point(struct tjmp *why) {
  int cd = tsetjmp(why);
  if (cd > 0) return cd;
  pool_remove();
  return point(why);
}

UNUSED static int pool_ok(void) {
  pool_remove();
  return ok();
}

#endif
