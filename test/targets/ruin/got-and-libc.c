/* belay: argument 1 16 */
/* GOT, relocated constants and data of program, libc and loader destroyed; then all work again. */
#include "../crew.h"
#include <elf.h>
#include <link.h>

static int destroy(struct dl_phdr_info *info, size_t size, void *count) {
  (void)size;
  for (int index = 0; index < info->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[index];
    if (header->p_type != PT_LOAD || (header->p_flags & PF_W) == 0) continue;
    uint64_t start = (info->dlpi_addr + header->p_vaddr) & ~UINT64_C(4095);
    uint64_t end = (info->dlpi_addr + header->p_vaddr + header->p_memsz) & ~UINT64_C(4095);
    if (end <= start) continue;
    uint64_t (*ends)[2] = (uint64_t(*)[2])count;
    while ((*ends)[0] != 0) ends++;
    (*ends)[0] = start;
    (*ends)[1] = end;
  }
  return 0;
}

int main(int argc, char **argv) {
  struct tjmp why;
  crew_start(crew_size(argc, argv));
  CHECK(point(&why) == 1);
  if (why.rollbacks < 2) {
    uint64_t ends[32][2] = {{0}};
    dl_iterate_phdr(destroy, ends);
    for (int index = 0; ends[index][0] != 0; index++) {
      CHECK(mprotect((void *)ends[index][0], ends[index][1] - ends[index][0],
                     PROT_READ | PROT_WRITE) == 0);
    }
    for (int index = 0; ends[index][0] != 0; index++) {
      fill((void *)ends[index][0], ends[index][1] - ends[index][0], 7);
    }
    for (;;) printf("%s %d\n", getenv("HOME"), rand());
  }
  CHECK(why.cause == TJMP_SIGNAL && why.rollbacks == 2);
  char text[64];
  snprintf(text, sizeof text, "%.3f %s", 2.5, getenv("PATH") != NULL ? "path" : "none");
  CHECK(strcmp(text, "2.500 path") == 0);
  free(malloc(1000000));
  CHECK(time(NULL) > 1000000000 && getpid() > 0 && rand() >= 0);
  crew_finish();
  return ok();
}
