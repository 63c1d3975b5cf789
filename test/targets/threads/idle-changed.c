/* belay: --retries 9; argument xmm mask robust dispatch name renamed pending filter table tables */
/* A thread that has been waiting in one call for several points is looked at again when something
 * has been done to it, or it has done something itself in a handler and waits on as before. */
#include "../target.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <ucontext.h>

enum { SETTLED = 40, FALLS = 5, XMM15 = 15, PAUSE_US = 20000, BLOCK = 1 };

struct robust {
  void *next[3];
};

static const char *what;
static volatile int value, is_verified, done;
static volatile char selector;
static struct robust heads[4];
static volatile pid_t idle_tid;
static pthread_t idle_thread;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static int is_what(const char *name) { return strcmp(what, name) == 0; }

static void change(ucontext_t *context) {
  if (is_what("xmm")) context->uc_mcontext.fpregs->_xmm[XMM15].element[0] = (unsigned)value;
  if (is_what("mask")) CHECK(sigaddset(&context->uc_sigmask, SIGRTMIN + value) == 0);
  if (is_what("robust")) {
    CHECK(syscall(SYS_set_robust_list, &heads[value], sizeof heads[value]) == 0);
  }
  /* With all calls allowed, for now. */
  if (is_what("dispatch") && value == 2) {
    CHECK(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0L, 0L, &selector) == 0);
  }
  if (is_what("table") && value == 2) CHECK(unshare(CLONE_FILES) == 0);
  if (is_what("name")) CHECK(prctl(PR_SET_NAME, value == 1 ? "one" : "two") == 0);
}

/* As it was after the first change. */
static void check(ucontext_t *context) {
  if (is_what("xmm")) CHECK(context->uc_mcontext.fpregs->_xmm[XMM15].element[0] == 1);
  if (is_what("mask")) {
    CHECK(sigismember(&context->uc_sigmask, SIGRTMIN + 1) == 1);
    CHECK(sigismember(&context->uc_sigmask, SIGRTMIN + 2) == 0);
  }
  if (is_what("robust")) {
    void *head = NULL;
    size_t size = 0;
    CHECK(syscall(SYS_get_robust_list, 0, &head, &size) == 0 && head == &heads[1]);
  }
  if (is_what("dispatch")) {
    selector = BLOCK;
    CHECK(syscall(SYS_getppid) > 0);
  }
  char name[16] = "";
  CHECK(prctl(PR_GET_NAME, name) == 0);
  if (is_what("name") || is_what("renamed")) CHECK(strcmp(name, "one") == 0);
}

static void on_signal(int signo, siginfo_t *info, void *context) {
  (void)signo;
  (void)info;
  if (is_verified) check(context);
  else change(context);
  done = 1;
}

static void *idle(void *argument) {
  idle_tid = (pid_t)syscall(SYS_gettid);
  CHECK(pthread_mutex_lock(&held) == 0);
  return argument;
}

static void install(int signo) {
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_RESTART | SA_SIGINFO};
  CHECK(sigaction(signo, &action, NULL) == 0);
}

static void in_handler(void) {
  done = 0;
  CHECK(syscall(SYS_tgkill, getpid(), idle_tid, SIGUSR1) == 0);
  while (!done) usleep(1000);
  usleep(PAUSE_US);
}

static void rename_it(const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)idle_tid);
  int fd = open(path, O_WRONLY);
  CHECK(fd >= 0 && write(fd, name, strlen(name)) == (ssize_t)strlen(name) && close(fd) == 0);
}

static void filter_all(void) {
  struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {1, code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  unsigned flags = SECCOMP_FILTER_FLAG_TSYNC;
  CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0);
}

static void do_to_it(int next) {
  value = next;
  if (is_what("renamed")) rename_it(next == 1 ? "one" : "two");
  else if (is_what("pending")) {
    union sigval with = {.sival_int = next};
    CHECK(pthread_sigqueue(idle_thread, SIGRTMIN + next, with) == 0);
  } else if (is_what("filter")) {
    if (next == 1) filter_all();
  } else if (is_what("tables")) {
    if (next == 2) CHECK(unshare(CLONE_FILES) == 0);
  } else in_handler();
}

static uint64_t pending(void) {
  char path[64], line[128];
  unsigned long long set = 0;
  snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)idle_tid);
  FILE *status = fopen(path, "r");
  CHECK(status != NULL);
  while (fgets(line, sizeof line, status) != NULL) {
    if (sscanf(line, "SigPnd:\t%llx", &set) == 1) break;
  }
  fclose(status);
  return set;
}

int main(int argc, char **argv) {
  struct tjmp why;
  sigset_t blocked;
  CHECK(argc == 2);
  what = argv[1];
  install(SIGUSR1);
  CHECK(sigemptyset(&blocked) == 0);
  for (int signo = SIGRTMIN; is_what("pending") && signo < SIGRTMAX; signo++) {
    sigaddset(&blocked, signo);
  }
  CHECK(pthread_sigmask(SIG_BLOCK, &blocked, NULL) == 0);
  CHECK(pthread_mutex_lock(&held) == 0);
  CHECK(pthread_create(&idle_thread, NULL, idle, NULL) == 0);
  while (idle_tid == 0) usleep(1000);
  usleep(PAUSE_US);
  for (int count = 0; count < SETTLED; count++) CHECK(tforget(point(NULL)) == 0);
  do_to_it(1);
  point(&why);
  if (why.rollbacks < FALLS) {
    /* In between it goes back to where it is. */
    if (why.rollbacks % 2 == 0) do_to_it(2);
    fall();
  }
  is_verified = 1;
  in_handler();
  if (is_what("pending")) CHECK(pending() == UINT64_C(1) << (SIGRTMIN + 1 - 1));
  CHECK((why.lost & TJMP_LOST_PRIVILEGES) == 0);
  int is_apart = is_what("table") || is_what("tables");
  CHECK(((why.lost & TJMP_LOST_DESCRIPTORS) != 0) == is_apart);
  CHECK(pthread_mutex_unlock(&held) == 0 && pthread_join(idle_thread, NULL) == 0);
  return ok();
}
