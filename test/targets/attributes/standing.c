/* belay: --retries 9; argument 1 4 */
/* The umask, the process group and the score of the kernel's out-of-memory killer are what they
 * were; a session that was begun is not left any more, and that is said. */
#include "../target.h"
#include "../crew.h"
#include <sys/prctl.h>
#include <sys/stat.h>

static void write_score(const char *score) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY);
  CHECK(fd >= 0 && write(fd, score, strlen(score)) == (ssize_t)strlen(score) && close(fd) == 0);
}

static int read_score(void) {
  char text[16] = "";
  int fd = open("/proc/self/oom_score_adj", O_RDONLY);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && close(fd) == 0);
  return atoi(text);
}

static mode_t read_umask(void) {
  mode_t mask = umask(0);
  umask(mask);
  return mask;
}

static int work(int size) {
  struct tjmp why;
  pid_t group = getpgrp(), child;
  int score = read_score();
  umask(027);
  child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    return pause();
  }
  CHECK(setpgid(child, child) == 0);
  crew_start(size);
  point(&why);
  CHECK(read_umask() == 027 && read_score() == score);
  if (why.rollbacks < 5) CHECK(getpgrp() == group && (why.lost & TJMP_LOST_ATTRIBUTES) == 0);
  else CHECK((why.lost & TJMP_LOST_ATTRIBUTES) != 0);
  if (why.rollbacks == 0) umask(0777);
  if (why.rollbacks == 1) umask(0);
  if (why.rollbacks == 2) CHECK(setpgid(0, child) == 0);
  if (why.rollbacks == 3) write_score("900");
  if (why.rollbacks == 4) CHECK(setsid() == getpid());
  if (why.rollbacks < 5) fall();
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
  return ok();
}

/* In a process that does not lead its session, which could be in no other group. */
int main(int argc, char **argv) {
  int status;
  pid_t worker = fork();
  CHECK(worker >= 0);
  if (worker == 0) return work(crew_size(argc, argv));
  CHECK(waitpid(worker, &status, 0) == worker && WIFEXITED(status));
  return WEXITSTATUS(status);
}
