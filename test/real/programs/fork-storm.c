/* Families that fork all the time: whoever lives when the input says so, and whoever is born after
 * that, has its calls answered. Says how many had not. */
#include <belay.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAMILIES 3
#define DEPTH 2

struct shared {
  int is_attached;
  int has_ended;
  int answered;
  int unanswered;
};

static volatile struct shared *shared;

static void ask(void) {
  int is_attached = shared->is_attached;
  int cd = tsetjmp(NULL);
  if (cd > 0) tforget(cd);
  if (!is_attached) return;
  __sync_fetch_and_add(cd > 0 ? &shared->answered : &shared->unanswered, 1);
}

static void live(int depth) {
  for (int children = 2; children > 0 && depth > 0; children--) {
    if (fork() != 0) continue;
    children = 3;
    depth--;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  ask();
  while (wait(NULL) > 0) ask();
  _exit(0);
}

int main(void) {
  char c;
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int family = 0; family < FAMILIES; family++) {
    if (fork() != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (!shared->has_ended) {
      if (fork() == 0) live(DEPTH);
      while (wait(NULL) > 0) ask();
    }
    _exit(0);
  }
  puts("storm");
  fflush(stdout);
  if (read(STDIN_FILENO, &c, 1) != 1) return 2;
  shared->is_attached = 1;
  while (shared->answered < 100 && shared->unanswered == 0) usleep(1000);
  shared->has_ended = 1;
  while (wait(NULL) > 0) continue;
  printf("%d unanswered\n", shared->unanswered);
  return 0;
}
