/* The memory the target owns: regions of every sort, drawn anew before each fallback point. */
#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

struct region regions[REGIONS_MAX];
int data_fd, libc_usable = 1;
u64 data_size;
u64 vdso_start, vdso_end, vvar_start;

static void *blocks[16];
static const int protections[] = {PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ,
                                  PROT_NONE, PROT_READ | PROT_EXEC,
                                  PROT_READ | PROT_WRITE | PROT_EXEC};

int draw_protection(struct draws *d) { return protections[draw_below(d, 6)]; }

struct region *draw_region(struct draws *d) { return &regions[draw_below(d, REGIONS_MAX)]; }

/* Writes noise where the mapping lets it; asks the kernel first, so it never falls by itself. */
void region_noise(struct draws *d, u64 address, u64 size, u32 writes) {
  long self = sys1(SYS_getpid, 0);
  for (u32 i = 0; size >= 64 && i < writes; i++) {
    u64 value[8], at = address + draw_below(d, size / 64) * 64;
    for (int k = 0; k < 8; k++) value[k] = draw(d);
    struct iovec local = {value, 64}, remote = {(void *)at, 64};
    if (sys6(SYS_process_vm_writev, (u64)self, (u64)&local, 1, (u64)&remote, 1, 0) != 64) continue;
    if (draw_below(d, 2)) continue;
    for (int k = 0; k < 8; k++) ((volatile u64 *)at)[k] = draw(d);
  }
}

/* A new mapping in a free slot, or over what the slot held. Returns its address, or 0. */
u64 region_new(struct draws *d) {
  struct region *r = draw_region(d);
  int file = !draw_below(d, 4), huge = !draw_below(d, 40);
  u64 pages = draw_below(d, 8) ? 1 + draw_below(d, 48) : 200 + draw_below(d, 600);
  u64 offset = draw_below(d, data_size / PAGE) * PAGE;
  if (file && pages > data_size / PAGE) pages = data_size / PAGE;
  if (file && offset + pages * PAGE > data_size) offset = data_size - pages * PAGE;
  if (huge) pages = 1024;
  if (r->size) sys2(SYS_munmap, r->address, r->size);
  memset(r, 0, sizeof *r);
  int shared = file && !draw_below(d, 4);
  int unreserved = ways & ATTRIBUTES && !draw_below(d, 4) ? MAP_NORESERVE : 0;
  int flags = unreserved | (shared ? MAP_SHARED : MAP_PRIVATE) | (file ? 0 : MAP_ANONYMOUS);
  long at = sys6(SYS_mmap, 0, pages * PAGE, shared ? PROT_READ : PROT_READ | PROT_WRITE,
                 (u64)flags, file ? (u64)data_fd : (u64)-1, file ? offset : 0);
  if (at < 0) return 0;
  *r = (struct region){(u64)at, pages * PAGE};
  if (huge) sys3(SYS_madvise, at, pages * PAGE, MADV_HUGEPAGE);
  region_noise(d, r->address, r->size, 1 + (u32)draw_below(d, pages > 64 ? 64 : pages));
  return r->address;
}

static void change_protection(struct draws *d, struct region *r) {
  u64 first = draw_below(d, r->size / PAGE), pages = 1 + draw_below(d, r->size / PAGE - first);
  sys3(SYS_mprotect, r->address + first * PAGE, pages * PAGE, draw_protection(d));
}

static void change_attribute(struct draws *d, struct region *r) {
  u64 first = draw_below(d, r->size / PAGE), pages = 1 + draw_below(d, r->size / PAGE - first);
  attribute_change(d, r->address + first * PAGE, pages * PAGE);
}

static void use_heap(struct draws *d) {
  void **block = &blocks[draw_below(d, 16)];
  u64 size = 16 + draw_below(d, draw_below(d, 6) ? 6000 : 200000);
  free(*block);
  *block = malloc(size);
  if (*block) memset(*block, (int)draw(d), size);
}

/* Between two points: a few changes of each sort, all of them the program's own and lawful. */
void state_prepare(struct draws *d) {
  for (u64 turns = 1 + draw_below(d, 12); turns--;) {
    struct region *r = draw_region(d);
    u64 what = draw_below(d, ways & ATTRIBUTES ? 10 : 7);
    tell(REC_OP, 25 + (what < 5 ? what : what < 7 ? 5 : 6), r->address, r->size, 0, 0, 0);
    switch (what) {
    case 0: region_new(d); break;
    case 1:
      if (r->size) change_protection(d, r);
      break;
    case 2:
      if (r->size) sys2(SYS_munmap, r->address, r->size);
      memset(r, 0, sizeof *r);
      break;
    case 3:
      if (r->size) region_noise(d, r->address, r->size, 8);
      break;
    case 4:
      if (r->size) sys3(SYS_madvise, r->address, PAGE * draw_below(d, r->size / PAGE + 1), 4);
      break;
    case 7:
    case 8:
    case 9:
      if (r->size) change_attribute(d, r);
      break;
    default: use_heap(d);
    }
  }
  sys3(SYS_lseek, data_fd, draw_below(d, data_size), SEEK_SET);
}

static void find_vdso(void) {
  char line[512];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps && fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    if (sscanf(line, "%lx-%lx", &start, &end) != 2) continue;
    if (strstr(line, "[vvar") && !vvar_start) vvar_start = start;
    if (strstr(line, "[vdso]")) vdso_start = start, vdso_end = end;
  }
  if (maps) fclose(maps);
}

void regions_start(const char *data_path, struct draws *d) {
  find_vdso();
  data_fd = (int)sys2(SYS_open, data_path, O_RDONLY);
  long size = sys3(SYS_lseek, data_fd, 0, SEEK_END);
  if (data_fd < 0 || size <= 0) sys1(SYS_exit_group, 92);
  data_size = (u64)size;
  for (int i = 0; i < REGIONS_MAX / 2; i++) region_new(d);
}
