/* An io_uring, and requests that do nothing; its tail is counted along, as by liburing, or read. */
#ifndef RING_H
#define RING_H

#include "../target.h"
#include <linux/io_uring.h>

struct ring {
  int fd;
  unsigned tail, mask, is_counted, *kernel_tail, *array, *head, *completed;
  struct io_uring_sqe *entries;
};

static struct ring make_ring(unsigned size) {
  struct io_uring_params set = {0};
  struct ring ring = {.fd = (int)syscall(__NR_io_uring_setup, size, &set)};
  CHECK(ring.fd >= 0);
  int access = PROT_READ | PROT_WRITE, shared = MAP_SHARED;
  char *sq = mmap(NULL, PAGE, access, shared, ring.fd, IORING_OFF_SQ_RING);
  char *cq = mmap(NULL, PAGE, access, shared, ring.fd, IORING_OFF_CQ_RING);
  ring.entries = mmap(NULL, PAGE, access, shared, ring.fd, IORING_OFF_SQES);
  CHECK(sq != MAP_FAILED && cq != MAP_FAILED && (void *)ring.entries != MAP_FAILED);
  ring.kernel_tail = (unsigned *)(sq + set.sq_off.tail);
  ring.array = (unsigned *)(sq + set.sq_off.array);
  ring.mask = *(unsigned *)(sq + set.sq_off.ring_mask);
  ring.head = (unsigned *)(cq + set.cq_off.head);
  ring.completed = (unsigned *)(cq + set.cq_off.tail);
  return ring;
}

/* Makes so many requests, one by one, and takes their completions. */
static void use_ring(struct ring *ring, int count) {
  for (int index = 0; index < count; index++) {
    if (!ring->is_counted) ring->tail = *(volatile unsigned *)ring->kernel_tail;
    unsigned slot = ring->tail & ring->mask, completed = *(volatile unsigned *)ring->completed;
    memset(&ring->entries[slot], 0, sizeof ring->entries[slot]);
    ring->entries[slot].opcode = IORING_OP_NOP;
    ring->array[slot] = slot;
    __atomic_store_n(ring->kernel_tail, ++ring->tail, __ATOMIC_RELEASE);
    CHECK(syscall(__NR_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
    CHECK(*(volatile unsigned *)ring->completed == completed + 1);
    __atomic_store_n(ring->head, completed + 1, __ATOMIC_RELEASE);
  }
}

#endif
