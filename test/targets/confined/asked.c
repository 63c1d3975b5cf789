/* A call that a listener answers (SECCOMP_RET_USER_NOTIF) is asked about once, point or not. */
#include "confined.h"
#include <stddef.h>
#include <sys/ioctl.h>

enum { CALLS = 5, ANSWER = 4242, FLAG_NEW_LISTENER = 8 };

static volatile int listener = -1, asker, is_watched, received, is_tried, wrong;

static int listen_to_getppid(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, FLAG_NEW_LISTENER, &program);
}

/* Asleep where nobody but the listener wakes it. */
static int waits_for_answer(void) {
  char name[64], channel[64] = "";
  snprintf(name, sizeof name, "/proc/self/task/%d/wchan", asker);
  int fd = open(name, O_RDONLY);
  CHECK(fd >= 0 && read(fd, channel, sizeof channel - 1) >= 0 && close(fd) == 0);
  return strstr(channel, "seccomp") != NULL;
}

static void *ask(void *unused) {
  asker = (int)syscall(SYS_gettid);
  listener = listen_to_getppid();
  CHECK(listener >= 0);
  while (!is_watched) sched_yield();
  for (int call = 0; call < CALLS; call++) {
    if (syscall(SYS_getppid) != ANSWER) wrong++;
  }
  return unused;
}

static void *answer(void *unused) {
  for (int call = 0; call < CALLS; call++) {
    struct seccomp_notif asked = {0};
    CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0);
    received++;
    while (is_tried < received) sched_yield();
    struct seccomp_notif_resp answered = {.id = asked.id, .val = ANSWER};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answered) != 0) fail("asked once more");
  }
  return unused;
}

int main(void) {
  pthread_t asking, answering;
  point(NULL);
  CHECK(pthread_create(&asking, NULL, ask, NULL) == 0);
  while (listener < 0) sched_yield();
  CHECK(pthread_create(&answering, NULL, answer, NULL) == 0);
  point(NULL);
  is_watched = 1;
  while (is_tried < CALLS) {
    while (received <= is_tried || !waits_for_answer()) sched_yield();
    CHECK(tsetjmp(NULL) == -1 && errno == EAGAIN);
    is_tried++;
  }
  CHECK(pthread_join(asking, NULL) == 0 && pthread_join(answering, NULL) == 0);
  CHECK(wrong == 0);
  point(NULL);
  return ok();
}
