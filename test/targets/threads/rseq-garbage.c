/* A thread whose pointer to a critical section is garbage at the point falls of that, again and
 * again: as without belay it dies of SIGSEGV, and not in the middle of a rollback. */
#include "../target.h"
#include <sys/rseq.h>

static int pipes[2];
static volatile __u64 *volatile section;

static void *work(void *argument) {
  char byte;
  section = &((struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset))->rseq_cs;
  CHECK(read(pipes[0], &byte, 1) == 1);
  return argument;
}

static void program(void) {
  struct tjmp why;
  pthread_t thread;
  CHECK(pipe(pipes) == 0 && __rseq_size > 0);
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  while (section == NULL) usleep(100);
  usleep(10000);
  *section = 0xdeadbeefdeadbeefULL;
  point(&why);
  for (;;) pause();
}

int main(void) {
  int status;
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) program();
  CHECK(waitpid(pid, &status, 0) == pid);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  if (WTERMSIG(status) != SIGSEGV) fail("it died of signal %d", WTERMSIG(status));
  return ok();
}
