/* belay: --retries 9; argument 1 4 */
/* What a program has set by prctl(2) and personality(2) is as it was: the signal at its parent's
 * end, whether it takes in orphans, dumps core, keeps capabilities, and its personality. */
#include "../target.h"
#include "../crew.h"
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>

struct settings {
  int signal, reaper, dumpable, keeps, personality;
};

static struct settings read_settings(void) {
  struct settings now;
  CHECK(prctl(PR_GET_PDEATHSIG, &now.signal) == 0);
  CHECK(prctl(PR_GET_CHILD_SUBREAPER, &now.reaper) == 0);
  now.dumpable = prctl(PR_GET_DUMPABLE);
  now.keeps = prctl(PR_GET_KEEPCAPS);
  now.personality = personality(0xffffffff);
  return now;
}

int main(int argc, char **argv) {
  struct tjmp why;
  struct settings before, now;
  crew_start(crew_size(argc, argv));
  CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  before = read_settings();
  point(&why);
  now = read_settings();
  if (memcmp(&now, &before, sizeof now) != 0) {
    fail("signal %d, subreaper %d, dumpable %d, keeps %d, personality %x after %d", now.signal,
         now.reaper, now.dumpable, now.keeps, (unsigned)now.personality, (int)why.rollbacks);
  }
  if (why.rollbacks < 6) CHECK(why.lost == 0);
  else CHECK((why.lost & TJMP_LOST_ATTRIBUTES) != 0);
  if (why.rollbacks == 0) CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
  if (why.rollbacks == 1) CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
  /* An ordinary user's memory could not be read any more. */
  if (why.rollbacks == 2 && geteuid() == 0) CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
  if (why.rollbacks == 3) CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0);
  if (why.rollbacks == 4) CHECK(personality(ADDR_NO_RANDOMIZE) != -1);
  /* No way back out of a namespace. */
  if (why.rollbacks == 5 && geteuid() == 0 && crew_count == 0) CHECK(unshare(CLONE_NEWUTS) == 0);
  else if (why.rollbacks >= 5) return ok();
  fall();
}
