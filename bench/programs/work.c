/*
 * What a point takes from the kernel however it is programmed: a tracer in C stops, reads all
 * registers, finds and protects the written pages, copies them, resumes. 8 MB, 10 pages a round,
 * both on one processor. work ROUNDS CPU
 */
#include "tracing.h"
#include <elf.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define SIZE ((size_t)8 << 20)
#define PAGES 10
#define WARM_UP 200
#define REGIONS 64

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

static char *memory;
static int pagemap = -1;

static void track(void) {
  int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | USER_MODE_ONLY);
  struct uffdio_api api = {.api = UFFD_API, .features = WP_ASYNC};
  if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) != 0) die("UFFDIO_API");
  struct uffdio_register range = {
      .range = {(uint64_t)memory, SIZE},
      .mode = UFFDIO_REGISTER_MODE_WP,
  };
  if (ioctl(uffd, UFFDIO_REGISTER, &range) != 0) die("UFFDIO_REGISTER");
}

static void tracee(unsigned long rounds) {
  track();
  await_tracer();
  for (uint64_t round = 0, seed = 1; round < rounds + WARM_UP; round++) {
    for (int page = 0; page < PAGES; page++) {
      seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      memory[(seed >> 33) % (SIZE / PAGE) * PAGE] += 1;
    }
    uint64_t began = now_ns();
    syscall(CALL);
    uint64_t ns = now_ns() - began;
    if (round >= WARM_UP) sample(ns);
  }
  _exit(0);
}

static void registers(pid_t child, int request, long kind, void *bytes, size_t size) {
  struct iovec vector = {bytes, size};
  if (ptrace(request, child, (void *)kind, &vector) != 0) die("ptrace");
}

static void make_point(pid_t child) {
  static char saved[SIZE], general[4096], extended[16384];
  static struct scan_region regions[REGIONS];
  struct iovec local[REGIONS], remote[REGIONS];
  struct scan_arg arg = {
      .size = sizeof arg,
      .flags = SCAN_WP_MATCHING | SCAN_CHECK_WPASYNC,
      .start = (uint64_t)memory,
      .end = (uint64_t)memory + SIZE,
      .vec = (uint64_t)regions,
      .vec_len = REGIONS,
      .category_mask = IS_WRITTEN,
      .return_mask = IS_WRITTEN,
  };
  registers(child, PTRACE_GETREGSET, NT_PRSTATUS, general, sizeof general);
  registers(child, PTRACE_GETREGSET, NT_X86_XSTATE, extended, sizeof extended);
  int count = ioctl(pagemap, SCAN, &arg);
  if (count < 0) die("PAGEMAP_SCAN");
  size_t used = 0;
  for (int index = 0; index < count; index++) {
    size_t size = regions[index].end - regions[index].start;
    local[index] = (struct iovec){saved + used, size};
    remote[index] = (struct iovec){(void *)regions[index].start, size};
    used += size;
  }
  unsigned long vectors = (unsigned long)count;
  if (process_vm_readv(child, local, vectors, remote, vectors, 0) != (ssize_t)used) {
    die("process_vm_readv");
  }
}

int main(int argc, char **argv) {
  unsigned long rounds = argument(argc, argv, 1);
  char path[64];
  samples_open();
  memory = map_touched(SIZE, MAP_PRIVATE);
  pin(argument(argc, argv, 2));
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) tracee(rounds);
  snprintf(path, sizeof path, "/proc/%d/pagemap", (int)child);
  pagemap = open(path, O_RDONLY);
  if (pagemap < 0) die(path);
  trace(child, make_point);
  return samples_print();
}
