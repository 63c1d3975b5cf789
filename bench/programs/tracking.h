/* Memory under WP_ASYNC: which of its pages were written, and their content there and back. */
#ifndef TRACKING_H
#define TRACKING_H

#include "bench.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Enough for 10,000 scattered pages. */
#define REGIONS_MAX 16384
/* Of the kernel (UIO_MAXIOV). */
#define VECTORS_MAX 1024

/* Headers of distributions lack these: linux/userfaultfd.h and linux/fs.h since 6.7. */
#define WP_ASYNC (1 << 15)
#define USER_MODE_ONLY 1
struct scan_region {
  uint64_t start, end, categories;
};
struct scan_arg {
  uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN _IOWR('f', 16, struct scan_arg)
#define SCAN_WP_MATCHING 1
#define SCAN_CHECK_WPASYNC 2
#define IS_WRITTEN 2

/* The tracee's memory, which the tracer has at the same address; and its content at the point. */
static char *memory, *saved;
static size_t memory_size;
static int pagemap = -1;
static struct scan_region regions[REGIONS_MAX];
static size_t region_count;

static char *map_untouched(size_t size) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (start == MAP_FAILED) die("mmap");
  return start;
}

/* Before fork. The one is the tracee's to touch, the other the tracer's. */
UNUSED static void memory_open(size_t size) {
  memory_size = size;
  memory = map_untouched(size);
  saved = map_untouched(size);
}

/* In the tracee. */
UNUSED static void track(void) {
  for (size_t at = 0; at < memory_size; at += PAGE) memory[at] = (char)(at / PAGE);
  int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | USER_MODE_ONLY);
  struct uffdio_api api = {.api = UFFD_API, .features = WP_ASYNC};
  if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) != 0) die("UFFDIO_API");
  struct uffdio_register range = {
      .range = {(uint64_t)memory, memory_size},
      .mode = UFFDIO_REGISTER_MODE_WP,
  };
  if (ioctl(uffd, UFFDIO_REGISTER, &range) != 0) die("UFFDIO_REGISTER");
}

/* In the tracer. */
UNUSED static void pagemap_open(pid_t child) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/pagemap", (int)child);
  pagemap = open(path, O_RDONLY);
  if (pagemap < 0) die(path);
}

UNUSED static void scan_range(uint64_t start, size_t size, uint64_t flags) {
  struct scan_arg arg = {
      .size = sizeof arg,
      .flags = flags,
      .start = start,
      .end = start + size,
      .vec = (uint64_t)regions,
      .vec_len = REGIONS_MAX,
      .category_mask = IS_WRITTEN,
      .return_mask = IS_WRITTEN,
  };
  int count = ioctl(pagemap, SCAN, &arg);
  if (count < 0 || count == REGIONS_MAX) die("PAGEMAP_SCAN");
  region_count = (size_t)count;
}

/* Finds the pages written since they were protected, and protects them again if that is wanted. */
UNUSED static void scan(int protects) {
  uint64_t flags = (protects ? SCAN_WP_MATCHING : 0) | SCAN_CHECK_WPASYNC;
  scan_range((uint64_t)memory, memory_size, flags);
}

/* One call transfers less than 2 GiB. */
#define TRANSFER_MAX ((size_t)1 << 30)

/* Copies what the last scan found, into the mirror or back. */
UNUSED static void transfer(pid_t child, int writes) {
  static struct iovec local[VECTORS_MAX], remote[VECTORS_MAX];
  size_t offset = 0;
  for (size_t done = 0; done < region_count;) {
    unsigned long count = 0;
    size_t bytes = 0;
    for (; count < VECTORS_MAX && done < region_count && bytes < TRANSFER_MAX; count++) {
      char *start = (char *)regions[done].start + offset;
      size_t left = (size_t)((char *)regions[done].end - start);
      size_t size = left < TRANSFER_MAX - bytes ? left : TRANSFER_MAX - bytes;
      local[count] = (struct iovec){saved + (start - memory), size};
      remote[count] = (struct iovec){start, size};
      bytes += size;
      offset = size < left ? offset + size : 0;
      if (size == left) done++;
    }
    ssize_t copied = writes ? process_vm_writev(child, local, count, remote, count, 0)
                            : process_vm_readv(child, local, count, remote, count, 0);
    if (copied != (ssize_t)bytes) die("process_vm");
  }
}

#endif
