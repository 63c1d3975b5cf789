/*
 * Waits for a child and says how it ended.
 */
#ifndef CHILD_H
#define CHILD_H

#include "../target.h"

UNUSED static int status_of(pid_t child) {
  int status = 0;
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  return status;
}

UNUSED static void expect_exit(pid_t child, int code) {
  int status = status_of(child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != code) fail("child: status %#x", status);
}

UNUSED static void expect_death(pid_t child, int signo) {
  int status = status_of(child);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != signo) fail("child: status %#x", status);
}

#endif
