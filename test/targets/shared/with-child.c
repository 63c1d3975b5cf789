/* belay: argument before since ended */
/* Memory that a child has as well is left as it is, and named; what one wrote that has ended is
 * taken back. */
#include "shared.h"

enum { PAGES = 2 };

static pid_t child;

static void begin(char *memory, int has_ended) {
  child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    fill(memory, PAGE, 2);
    while (!has_ended) pause();
    _exit(0);
  }
  if (has_ended) CHECK(waitpid(child, NULL, 0) == child);
  while (memory[PAGE - 1] == 0) usleep(1000);
}

static void end(int has_ended) {
  if (has_ended) return;
  kill(child, SIGKILL);
  CHECK(waitpid(child, NULL, 0) == child);
}

int main(int argc, char **argv) {
  struct tjmp why;
  const char *how = argc > 1 ? argv[1] : "before";
  int is_before = strcmp(how, "before") == 0, has_ended = strcmp(how, "ended") == 0;
  char *memory = shared_anonymous(PAGES * PAGE), *own = shared_anonymous(PAGE);
  static pid_t kept;
  keep(&kept, sizeof kept);
  if (is_before) begin(memory, 0);
  int cd = tsetjmp(&why), error = errno;
  if (cd <= 0) {
    if (is_before) end(0);
    errno = error;
    point(&why);
  }
  if (why.cause == TJMP_SAVED) {
    if (!is_before) begin(memory, has_ended);
    kept = child;
    memory[PAGE] = 'a';
    own[0] = has_ended;
    fall();
  }
  child = kept;
  end(has_ended);
  if (has_ended) {
    verify_zero(memory, PAGES * PAGE);
    CHECK((why.lost & TJMP_LOST_SHARED) == 0 && own[0] == 0);
    return ok();
  }
  CHECK((why.lost & TJMP_LOST_SHARED) != 0 && memory[PAGE] == 'a');
  return ok();
}
