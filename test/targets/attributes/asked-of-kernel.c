/* belay: --retries 20 */
/* What a program has asked of the kernel for itself is as it was: huge pages, the time stamp
 * counter, broken memory, merging, the nodes its memory is from, what a core dump has. What is for
 * life stays, and that is said. */
#include "../target.h"
#include <sys/prctl.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif
#define PREFERRED 1

struct asked {
  int huge_pages, counter, errors, merge, flusher, mode;
  unsigned long nodes[16];
  char dumped[16];
};

static struct asked read_asked(void) {
  struct asked now = {0};
  int fd = open("/proc/self/coredump_filter", O_RDONLY);
  CHECK(fd >= 0 && read(fd, now.dumped, sizeof now.dumped - 1) > 0 && close(fd) == 0);
  now.huge_pages = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
  prctl(PR_GET_TSC, &now.counter);
  now.errors = prctl(PR_MCE_KILL_GET, 0, 0, 0, 0);
  now.merge = prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0);
  now.flusher = prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0);
  syscall(SYS_get_mempolicy, &now.mode, now.nodes, 1024, NULL, 0);
  return now;
}

/* Each is what this kernel has, and this user may. */
static void change(int round) {
  static const char filter[] = "0x7f";
  unsigned long first = 1;
  int fd;
  switch (round) {
    case 0: prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); break;
    case 1: prctl(PR_SET_TSC, PR_TSC_SIGSEGV); break;
    case 2: prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0); break;
    case 3: prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0); break;
    case 4: prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0); break;
    case 5: syscall(SYS_set_mempolicy, PREFERRED, &first, 64); break;
    case 6:
      fd = open("/proc/self/coredump_filter", O_WRONLY);
      CHECK(fd >= 0 && write(fd, filter, strlen(filter)) > 0 && close(fd) == 0);
  }
}

/* From any of these settings to any other. */
static void go_back_to(const char *name, int rounds) {
  struct tjmp why;
  struct asked before = read_asked(), now;
  int cd = point(&why);
  now = read_asked();
  if (memcmp(&now, &before, sizeof now) != 0) {
    fail("%s, round %d: huge pages %d, counter %d, errors %d, merge %d, flusher %d, nodes %d %lx, "
         "dumped %s", name, (int)why.rollbacks, now.huge_pages, now.counter, now.errors, now.merge,
         now.flusher, now.mode, now.nodes[0], now.dumped);
  }
  if (why.lost != 0) fail("%s, round %d: lost %x", name, (int)why.rollbacks, (int)why.lost);
  if (why.rollbacks == (uint64_t)rounds) return;
  if (rounds == 7) {
    change((int)why.rollbacks);
    tlongjmp(cd, 1);
  }
  prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  prctl(PR_SET_TSC, PR_TSC_ENABLE);
  prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_DEFAULT, 0, 0);
  syscall(SYS_set_mempolicy, 0, NULL, 0);
  tlongjmp(cd, 1);
}

int main(void) {
  struct tjmp why;
  go_back_to("as begun", 7);
  for (int round = 0; round < 7; round++) change(round);
  go_back_to("as changed", 1);
  CHECK(prctl(PR_SET_TSC, PR_TSC_ENABLE) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    if (prctl(PR_SET_MDWE, 1, 0, 0, 0) != 0) return ok();
    fall();
  }
  CHECK((why.lost & TJMP_LOST_ATTRIBUTES) != 0 && prctl(PR_GET_MDWE, 0, 0, 0, 0) == 1);
  return ok();
}
