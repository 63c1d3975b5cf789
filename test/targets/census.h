/*
 * A census of the process's memory: a hash of every page of every private mapping but the stack,
 * and the list of mappings as a table of {start, size}, for code that has neither stack nor libc.
 */
#ifndef CENSUS_H
#define CENSUS_H

#include "maps.h"
#include <sys/rseq.h>

#define CENSUS_PAGES_MAX 65536

struct census {
  struct {
    uint64_t start, size;
  } ranges[MAPS_MAX + 1];
  uint64_t pages;
  uint64_t hashes[CENSUS_PAGES_MAX];
};

#define CENSUS_SIZE ((sizeof(struct census) + PAGE - 1) / PAGE * PAGE)

/* A mapping of its own, read-only outside of this file, guarded so that no neighbour joins it. */
static struct census *census;

UNUSED static void census_writable(int yes) {
  CHECK(mprotect(census, CENSUS_SIZE, yes ? PROT_READ | PROT_WRITE : PROT_READ) == 0);
}

/* The kernel writes the processor's number there, whenever the thread moves to another one. */
UNUSED static int census_is_rseq(const volatile void *address) {
  const char *area = (const char *)__builtin_thread_pointer() + __rseq_offset;
  return (const char *)address >= area && (const char *)address < area + sizeof(struct rseq);
}

UNUSED static uint64_t census_hash(uint64_t page) {
  const volatile uint64_t *words = (const volatile uint64_t *)page;
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t index = 0; index < PAGE / 8; index++) {
    if (census_is_rseq(&words[index])) continue;
    hash = (hash ^ words[index]) * UINT64_C(1099511628211);
  }
  return hash;
}

/* Not the stack, on which we run, nor what the kernel writes, nor the census itself. */
UNUSED static int census_wants(const struct mapping *mapping) {
  return mapping->permissions[0] == 'r' && mapping->permissions[3] == 'p' &&
         strncmp(mapping->name, "[stack", 6) != 0 && strncmp(mapping->name, "[v", 2) != 0 &&
         mapping->start != (uint64_t)census;
}

/* Calls `each` for every page that counts, in order. */
UNUSED static uint64_t census_walk(void (*each)(uint64_t index, uint64_t page)) {
  uint64_t index = 0;
  for (size_t number = 0; number < maps_before.count; number++) {
    const struct mapping *mapping = &maps_before.list[number];
    if (!census_wants(mapping)) continue;
    for (uint64_t page = mapping->start; page < mapping->end; page += PAGE) each(index++, page);
  }
  return index;
}

UNUSED static void census_add(uint64_t index, uint64_t page) {
  CHECK(index < CENSUS_PAGES_MAX);
  census->hashes[index] = census_hash(page);
}

UNUSED static void census_compare(uint64_t index, uint64_t page) {
  if (census->hashes[index] != census_hash(page)) fail("the page at %" PRIx64 " differs", page);
}

/* Before the point; nothing but registers and the stack may change from here to the point. */
UNUSED static void census_take(void) {
  char *memory = (char *)anonymous(CENSUS_SIZE + 2 * PAGE);
  CHECK(mprotect(memory, CENSUS_SIZE + 2 * PAGE, PROT_NONE) == 0);
  census = (struct census *)(memory + PAGE);
  census_writable(0);
  maps_save();
  census_writable(1);
  census->pages = census_walk(census_add);
  census_writable(0);
}

UNUSED static void census_verify(void) {
  CHECK(census->pages > 100);
  CHECK(census_walk(census_compare) == census->pages);
  maps_verify();
}

/* Lists the mappings that `wanted` chooses, but not the list's own, ended by a start of 0. */
UNUSED static void census_ranges(int (*wanted)(const struct mapping *mapping)) {
  census_writable(1);
  size_t count = 0;
  for (size_t number = 0; number < maps_before.count; number++) {
    const struct mapping *mapping = &maps_before.list[number];
    if (!wanted(mapping) || mapping->start == (uint64_t)census) continue;
    census->ranges[count].start = mapping->start;
    census->ranges[count++].size = mapping->end - mapping->start;
  }
  census->ranges[count].start = 0;
  census_writable(0);
}

#endif
