/*
 * Compares every mapping of the process before and after: /proc/self/maps with neighbours joined
 * that differ in nothing (the kernel may hold one range of memory as one mapping or as several).
 */
#ifndef MAPS_H
#define MAPS_H

#include "target.h"

#define MAPS_MAX 512

struct mapping {
  uint64_t start, end, offset, inode;
  char permissions[5];
  char name[123];
};

struct maps {
  size_t count;
  struct mapping list[MAPS_MAX];
};

static struct maps maps_before, maps_after;
static char maps_text[256 * 1024];

UNUSED static int maps_joins(const struct mapping *last, const struct mapping *next) {
  return last->end == next->start && strcmp(last->permissions, next->permissions) == 0 &&
         strcmp(last->name, next->name) == 0 && last->inode == next->inode &&
         (next->inode == 0 || last->offset + (last->end - last->start) == next->offset);
}

/* Reads with plain system calls into static memory, so that looking changes nothing. */
UNUSED static void maps_read(struct maps *maps) {
  int fd = open("/proc/self/maps", O_RDONLY);
  CHECK(fd >= 0);
  size_t size = 0;
  ssize_t got;
  while ((got = read(fd, maps_text + size, sizeof maps_text - 1 - size)) > 0) size += (size_t)got;
  close(fd);
  maps_text[size] = 0;
  maps->count = 0;
  for (char *line = maps_text; *line != 0; line = strchr(line, '\n') + 1) {
    struct mapping next;
    memset(&next, 0, sizeof next);
    int fields = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %" SCNu64
                        "%*[ ]%122[^\n]", &next.start, &next.end, next.permissions, &next.offset,
                        &next.inode, next.name);
    CHECK(fields >= 5);
    if (next.inode == 0) next.offset = 0;
    if (maps->count > 0 && maps_joins(&maps->list[maps->count - 1], &next)) {
      maps->list[maps->count - 1].end = next.end;
      continue;
    }
    CHECK(maps->count < MAPS_MAX);
    maps->list[maps->count++] = next;
  }
}

/* How many there are, neighbours not joined: call it once before the point. */
UNUSED static size_t maps_count(void) {
  int fd = open("/proc/self/maps", O_RDONLY);
  size_t lines = 0;
  ssize_t got;
  while ((got = read(fd, maps_text, sizeof maps_text)) > 0) {
    for (ssize_t at = 0; at < got; at++) lines += maps_text[at] == '\n';
  }
  close(fd);
  return lines;
}

UNUSED static void maps_print(const char *title, const struct mapping *mapping) {
  printf("%s %" PRIx64 "-%" PRIx64 " %s %" PRIx64 " %" PRIu64 " %s\n", title, mapping->start,
         mapping->end, mapping->permissions, mapping->offset, mapping->inode, mapping->name);
}

/* Call it twice before the point: the first makes stdio and libc touch what they touch. */
UNUSED static void maps_save(void) {
  maps_read(&maps_before);
  maps_read(&maps_before);
}

UNUSED static void maps_verify(void) {
  static const struct mapping none;
  maps_read(&maps_after);
  for (size_t index = 0; index < maps_before.count || index < maps_after.count; index++) {
    const struct mapping *was = index < maps_before.count ? &maps_before.list[index] : &none;
    const struct mapping *is = index < maps_after.count ? &maps_after.list[index] : &none;
    if (memcmp(was, is, sizeof none) == 0) continue;
    maps_print("was", was);
    maps_print("is ", is);
    fail("the mappings differ");
  }
}

#endif
