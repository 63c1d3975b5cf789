/*
 * What a point looks at beside registers and pages, since it may have changed: the system calls
 * that belay makes for a program with one thread and a handful of descriptors, in that order.
 */
#ifndef LOOKS_H
#define LOOKS_H

#include "tracing.h"
#include "tracking.h"
#include <linux/kcmp.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DESCRIPTORS_MAX 16
/* Headers of distributions lack it: linux/ptrace.h since 6.4. */
#define GET_DISPATCH 0x4211
#define GET_RSEQ 0x420f

static const char *const LOOKED_AT[] = {"maps",          "status",          "comm",  "limits",
                                        "oom_score_adj", "coredump_filter", "timers"};
#define LOOKED_AT_COUNT (sizeof LOOKED_AT / sizeof LOOKED_AT[0])

static int looked_at[LOOKED_AT_COUNT];
static int descriptors[DESCRIPTORS_MAX];
static int descriptor_count, descriptor_directory, pidfd;

static const char *path_of(pid_t child, const char *name) {
  static char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)child, name);
  return path;
}

static int open_of(pid_t child, const char *name) {
  int fd = open(path_of(child, name), O_RDONLY | O_CLOEXEC);
  if (fd < 0) die(name);
  return fd;
}

/* In the tracer, once the tracee has all its descriptors. */
static void looks_open(pid_t child) {
  for (size_t index = 0; index < LOOKED_AT_COUNT; index++) {
    looked_at[index] = open_of(child, LOOKED_AT[index]);
  }
  descriptor_directory = open_of(child, "fd");
  pidfd = (int)syscall(SYS_pidfd_open, child, 0);
  if (pidfd < 0) die("pidfd_open");
  for (int fd = 0; fd < 256 && descriptor_count < DESCRIPTORS_MAX; fd++) {
    char name[32];
    snprintf(name, sizeof name, "fdinfo/%d", fd);
    int info = open(path_of(child, name), O_RDONLY | O_CLOEXEC);
    if (info >= 0) descriptors[descriptor_count++] = info;
  }
}

static void read_text(int fd) {
  static char text[65536];
  if (pread(fd, text, sizeof text, 0) < 0) die("pread");
}

static void look_through(pid_t child, const char *name) {
  struct statx found;
  int fields = STATX_BASIC_STATS | STATX_MNT_ID;
  if (statx(AT_FDCWD, path_of(child, name), AT_STATX_DONT_SYNC, fields, &found) != 0) die(name);
}

static void look_at_thread(pid_t child) {
  char bytes[64];
  size_t size;
  void *list;
  ptrace(PTRACE_SECCOMP_GET_FILTER, child, (void *)1, NULL);
  if (ptrace(GET_DISPATCH, child, (void *)32, bytes) != 0) die("GET_DISPATCH");
  if (ptrace(PTRACE_GETSIGMASK, child, (void *)8, bytes) != 0) die("GETSIGMASK");
  if (syscall(SYS_get_robust_list, child, &list, &size) != 0) die("get_robust_list");
  if (ptrace(GET_RSEQ, child, (void *)24, bytes) < 0) die("GET_RSEQ");
}

static void look_at_descriptors(pid_t child) {
  struct statx found;
  struct {
    struct file_handle head;
    char handle[128];
  } named = {.head = {.handle_bytes = 128}};
  int mount, fd, waiting;
  if (statx(descriptor_directory, "", AT_EMPTY_PATH, STATX_SIZE, &found) != 0) die("fd");
  for (int index = 0; index < descriptor_count; index++) read_text(descriptors[index]);
  name_to_handle_at(descriptor_directory, "2", &named.head, &mount, AT_SYMLINK_FOLLOW);
  syscall(SYS_kcmp, child, child, KCMP_FILE, 0, 1);
  if ((fd = (int)syscall(SYS_pidfd_getfd, pidfd, 0, 0)) < 0) die("pidfd_getfd");
  ioctl(fd, FIONREAD, &waiting);
  close(fd);
}

static void look_at_shared(void) {
  struct seminfo semaphores;
  struct msginfo queues;
  struct shm_info segments;
  semctl(0, 0, SEM_INFO, &semaphores);
  msgctl(0, MSG_INFO, (struct msqid_ds *)&queues);
  shmctl(0, SHM_INFO, (struct shmid_ds *)&segments);
}

/* Stacks, data of libraries, what is not watched. */
static void look_at_other_memory(void) {
  for (int part = 0; part < 4; part++) scan_range((uint64_t)looks_open & ~(PAGE - 1), PAGE, 0);
}

static void look_at_all(pid_t child) {
  for (size_t index = 0; index < LOOKED_AT_COUNT; index++) read_text(looked_at[index]);
  look_at_thread(child);
  look_through(child, "cwd");
  look_through(child, "root");
  look_at_descriptors(child);
  look_through(child, "ns/ipc");
  look_at_shared();
  look_at_other_memory();
}

#endif
