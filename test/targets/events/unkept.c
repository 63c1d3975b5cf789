/* What nothing is kept of is named: the content of a BPF map. */
#include "../target.h"
#include <linux/bpf.h>

static uint64_t value_of(int map, int set) {
  uint32_t key = 0;
  uint64_t value = 7;
  union bpf_attr what = {.map_fd = (uint32_t)map, .key = (uintptr_t)&key};
  what.value = (uintptr_t)&value;
  enum bpf_cmd command = set ? BPF_MAP_UPDATE_ELEM : BPF_MAP_LOOKUP_ELEM;
  CHECK(syscall(__NR_bpf, command, &what, sizeof what) == 0);
  return value;
}

int main(void) {
  struct tjmp why;
  union bpf_attr set = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8};
  set.max_entries = 1;
  int map = (int)syscall(__NR_bpf, BPF_MAP_CREATE, &set, sizeof set);
  point(&why);
  if (map < 0) return ok();
  if (why.rollbacks == 0) {
    value_of(map, 1);
    fall();
  }
  CHECK(value_of(map, 0) == 7 && (why.lost & TJMP_LOST_DESCRIPTORS) != 0);
  return ok();
}
