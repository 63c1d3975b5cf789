/* A buffer registered with an io_uring, which the kernel writes past any protection, comes back. */
#include "../target.h"
#include <linux/io_uring.h>

enum { SIZE = 4 * 4096 };

static int ring = -1;
static unsigned *sq_tail, *sq_mask, *sq_array, *cq_head;
static struct io_uring_sqe *entries;

static void *map_ring(size_t size, uint64_t offset) {
  void *place = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
                     (off_t)offset);
  CHECK(place != MAP_FAILED);
  return place;
}

static int make_ring(void *buffer) {
  struct io_uring_params params;
  memset(&params, 0, sizeof params);
  ring = (int)syscall(SYS_io_uring_setup, 8, &params);
  if (ring < 0) return 0;
  char *sq = (char *)map_ring(params.sq_off.array + params.sq_entries * 4, IORING_OFF_SQ_RING);
  char *cq = (char *)map_ring(PAGE, IORING_OFF_CQ_RING);
  entries = (struct io_uring_sqe *)map_ring(params.sq_entries * sizeof *entries, IORING_OFF_SQES);
  sq_tail = (unsigned *)(sq + params.sq_off.tail);
  sq_mask = (unsigned *)(sq + params.sq_off.ring_mask);
  sq_array = (unsigned *)(sq + params.sq_off.array);
  cq_head = (unsigned *)(cq + params.cq_off.head);
  struct iovec vector = {buffer, SIZE};
  CHECK(syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &vector, 1) == 0);
  return 1;
}

static void read_fixed(int fd, void *to) {
  unsigned tail = *sq_tail, index = tail & *sq_mask;
  memset(&entries[index], 0, sizeof entries[index]);
  entries[index].opcode = IORING_OP_READ_FIXED;
  entries[index].fd = fd;
  entries[index].addr = (uintptr_t)to;
  entries[index].len = SIZE;
  sq_array[index] = index;
  __atomic_store_n(sq_tail, tail + 1, __ATOMIC_RELEASE);
  CHECK(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
  __atomic_store_n(cq_head, *cq_head + 1, __ATOMIC_RELEASE);
}

int main(void) {
  struct tjmp why;
  char *buffer = (char *)anonymous(SIZE);
  fill(buffer, SIZE, 1);
  int fd = unlinked_file(SIZE, 2);
  int has_ring = make_ring(buffer);
  point(&why);
  /* Where rings are forbidden, nothing can be pinned by one. */
  if (!has_ring) return ok();
  if (why.cause == TJMP_SAVED) {
    read_fixed(fd, buffer);
    verify(buffer, SIZE, 2);
    fall();
  }
  verify(buffer, SIZE, 1);
  /* What the kernel writes to is still what the program sees. */
  read_fixed(fd, buffer);
  verify(buffer, SIZE, 2);
  return ok();
}
