/* belay: --children leave; argument none traceme vfork seize stopped calls */
/* Children that are left alone have no tracer from their first moment on: what they are answered is
 * what the kernel answers, and they trace each other. The program itself goes back as ever. */
#include "../tracing/tracing.h"
#include <spawn.h>
#include <sys/ioctl.h>

#define UFFD_REGISTER 0xc020aa00

static int tracer(void) {
  char line[256];
  int pid = -1;
  FILE *status = fopen("/proc/self/status", "r");
  CHECK(status != NULL);
  while (pid < 0 && fgets(line, sizeof line, status) != NULL) {
    if (strncmp(line, "TracerPid:", 10) == 0) pid = atoi(line + 10);
  }
  fclose(status);
  return pid;
}

/* An exit status, 7 if all is as without belay. */
static int look(void) {
  if (tracer() != 0) return 20;
  if (tsetjmp(NULL) != -1 || errno != ENOSYS) return 21;
  if (syscall(SYS_ioctl, -1, UFFD_REGISTER, NULL) != -1 || errno != EBADF) return 22;
  pid_t child = (pid_t)syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(3);
  int status = 0;
  if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 3) return 23;
  return 7;
}

static int look_begun(void *unused) {
  (void)unused;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return look();
}

static void look_in_forked(void) {
  static char stack[STACK_SIZE] __attribute__((aligned(16)));
  pid_t child = fork();
  if (child == 0) _exit(look_begun(NULL));
  expect_exit(child, 7);
  child = fork();
  if (child == 0) {
    pid_t grandchild = fork();
    if (grandchild == 0) _exit(look_begun(NULL));
    _exit(WEXITSTATUS(status_of(grandchild)));
  }
  expect_exit(child, 7);
  expect_exit(clone(look_begun, stack + STACK_SIZE, SIGCHLD, NULL), 7);
  uint64_t clone3_arguments[8] = {0, 0, 0, 0, SIGCHLD};
  child = (pid_t)syscall(SYS_clone3, clone3_arguments, sizeof clone3_arguments);
  if (child == 0) _exit(look_begun(NULL));
  expect_exit(child, 7);
  child = clone(look_begun, stack + STACK_SIZE, 0, NULL);
  int status = wait_for(child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) fail("no signal: status %#x", status);
}

/* The parent's child is not ours to wait for: it tells by a pipe. */
static void look_in_sibling(void) {
  int ends[2];
  char result = 0;
  CHECK(pipe(ends) == 0);
  pid_t sibling = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
  if (sibling == 0) {
    result = (char)look();
    _exit(write(ends[1], &result, 1) == 1 ? 0 : 1);
  }
  CHECK(sibling > 0 && read(ends[0], &result, 1) == 1);
  if (result != 7) fail("sibling: %d", result);
  close(ends[0]);
  close(ends[1]);
}

static void look_in_executed(void) {
  char path[256] = "", line[300];
  char *arguments[] = {(char *)"children-left", (char *)"look", NULL};
  CHECK(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
  pid_t child = vfork();
  if (child == 0) {
    execv(path, arguments);
    _exit(9);
  }
  expect_exit(child, 7);
  CHECK(posix_spawn(&child, path, NULL, NULL, arguments, environ) == 0);
  expect_exit(child, 7);
  snprintf(line, sizeof line, "'%s' look", path);
  CHECK(WEXITSTATUS(system(line)) == 7);
}

static void look_in_children(void) {
  look_in_forked();
  look_in_sibling();
  look_in_executed();
}

static int wait_for_byte(void *end) {
  char byte;
  return read(*(int *)end, &byte, 1) == 1 ? 7 : 8;
}

/* One that shares the program's memory is known: there are no points while it lives. */
static void share_memory(void) {
  static char stack[STACK_SIZE] __attribute__((aligned(16)));
  int ends[2];
  CHECK(pipe(ends) == 0);
  pid_t child = clone(wait_for_byte, stack + STACK_SIZE, CLONE_VM | SIGCHLD, &ends[0]);
  CHECK(child > 0 && tsetjmp(NULL) == -1 && errno == EAGAIN);
  CHECK(write(ends[1], "x", 1) == 1);
  expect_exit(child, 7);
  CHECK(tforget(point(NULL)) == 0);
}

int main(int argc, char **argv) {
  static volatile int changed;
  struct tjmp why;
  if (argc > 1 && strcmp(argv[1], "look") == 0) return look();
  point(&why);
  if (why.cause == TJMP_SAVED) {
    look_in_children();
    share_memory();
    if (strcmp(argv[1], "none") != 0) trace(argv[1]);
    changed = 1;
    fall();
  }
  CHECK(why.cause == TJMP_SIGNAL && changed == 0 && tracer() != 0);
  look_in_children();
  return ok();
}
