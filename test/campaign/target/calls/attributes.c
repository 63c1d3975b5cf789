/* Attributes of the process and its threads: nothing that it could not have set, or take back. */
#include "calls.h"

#include <sys/prctl.h>
#include <sys/stat.h>

enum { DIRECTORIES = 3, NICE_MAX = 4, LIMIT_MIN = 1 << 30, PRIORITY_OF_PROCESS = 1 };

static long change_directory(struct caller *c) {
  char path[160];
  int fd = one_in(c, 3) ? any_fd(c, A_DIRECTORY) : -1;
  own_path(path, "directory", 0, pick(c, DIRECTORIES));
  sys2(SYS_mkdir, path, 0755);
  return fd >= 0 ? sys1(SYS_fchdir, fd) : sys1(SYS_chdir, one_in(c, 4) ? own_directory : path);
}

static long change_umask(struct caller *c) { return sys1(SYS_umask, pick(c, 8) << 3 | pick(c, 8)); }

/* Of those that nothing here comes near to. */
static long change_limit(struct caller *c) {
  static const int limits[] = {1, 4, 5, 10, 12}; /* FSIZE, CORE, RSS, LOCKS, MSGQUEUE */
  int limit = limits[pick(c, 5)];
  u64 both[2];
  if (sys4(SYS_prlimit64, 0, limit, 0, both)) return 0;
  u64 soft = LIMIT_MIN + pick(c, 1000);
  both[0] = soft < both[1] && !one_in(c, 4) ? soft : both[1];
  return sys4(SYS_prlimit64, 0, limit, both, 0);
}

static long change_nice(struct caller *c) {
  long now = 20 - sys2(SYS_getpriority, 0, 0);
  u64 next = pick(c, NICE_MAX);
  return now > NICE_MAX ? 0 : sys3(SYS_setpriority, 0, 0, next);
}

static long change_affinity(struct caller *c) {
  u64 mask = 1 + pick(c, 3);
  return sys3(SYS_sched_setaffinity, 0, sizeof mask, &mask);
}

static long change_policy(struct caller *c) {
  static const int policies[] = {0, 0, 3}; /* SCHED_OTHER, SCHED_BATCH */
  int none = 0;
  return sys3(SYS_sched_setscheduler, 0, policies[pick(c, 3)], &none);
}

static long change_io_priority(struct caller *c) {
  return sys3(SYS_ioprio_set, PRIORITY_OF_PROCESS, 0, 2 << 13 | pick(c, 8));
}

static long change_by_prctl(struct caller *c) {
  switch (pick(c, 6)) {
  case 0: return sys2(SYS_prctl, PR_SET_TIMERSLACK, 40000 + pick(c, 20000));
  case 1: return sys2(SYS_prctl, PR_SET_PDEATHSIG, one_in(c, 2) ? 0 : 36);
  case 2: return sys2(SYS_prctl, PR_SET_CHILD_SUBREAPER, pick(c, 2));
  case 3: return sys2(SYS_prctl, PR_SET_KEEPCAPS, pick(c, 2));
  case 4: return sys2(SYS_prctl, PR_SET_THP_DISABLE, pick(c, 2));
  default: return sys1(SYS_personality, pick(c, 2) * 0x40000); /* ADDR_NO_RANDOMIZE */
  }
}

static long write_file(const char *path, const char *text) {
  long fd = sys2(SYS_open, path, O_WRONLY);
  if (fd < 0) return fd;
  long result = sys3(SYS_write, fd, text, 2);
  sys1(SYS_close, fd);
  return result;
}

static long change_file(struct caller *c) {
  static const char *const values[] = {"7\n", "3\n", "5\n"};
  const char *value = values[pick(c, 3)];
  return one_in(c, 2) ? write_file("/proc/self/oom_score_adj", value)
                      : write_file("/proc/self/coredump_filter", value);
}

void report_attributes(void) {
  int signal = 0, reaper = 0;
  sys2(SYS_prctl, PR_GET_PDEATHSIG, &signal);
  sys2(SYS_prctl, PR_GET_CHILD_SUBREAPER, &reaper);
  u64 words[] = {(u64)signal,
                 (u64)reaper,
                 (u64)sys1(SYS_prctl, PR_GET_KEEPCAPS),
                 (u64)sys1(SYS_prctl, PR_GET_TIMERSLACK),
                 (u64)sys4(SYS_prctl, PR_GET_THP_DISABLE, 0, 0, 0),
                 (u64)sys2(SYS_ioprio_get, PRIORITY_OF_PROCESS, 0)};
  static const char *const names[] = {"pdeathsig",  "subreaper",   "keepcaps",
                                      "timerslack", "thp-disable", "io-priority"};
  for (u64 i = 0; i < 6; i++) report_line(names[i], 0, &words[i], 1);
}

const struct row attribute_rows[] = {
  {"chdir", 3, change_directory},
  {"umask", 2, change_umask},
  {"setrlimit", 3, change_limit},
  {"nice", 1, change_nice},
  {"affinity", 2, change_affinity},
  {"scheduler", 1, change_policy},
  {"ioprio", 1, change_io_priority},
  {"prctl", 4, change_by_prctl},
  {"proc-file", 1, change_file},
  {0},
};
