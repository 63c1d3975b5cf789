/* belay: argument users groups no-new-privs */
/* Privilege dropped for good since the point stays dropped, and that is said. */
#include "../target.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>

static const char *how;

/* For good: root could choose its groups again. */
static void drop_groups(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  CHECK(setgroups(0, NULL) == 0 && setgid(1234) == 0 && syscall(SYS_capget, &header, data) == 0);
  data[0].effective &= ~(1u << CAP_SETGID);
  data[0].permitted &= ~(1u << CAP_SETGID);
  CHECK(syscall(SYS_capset, &header, data) == 0);
}

static void drop(void) {
  if (strcmp(how, "users") == 0) CHECK(setresuid(1234, 1234, 1234) == 0);
  else if (strcmp(how, "groups") == 0) drop_groups();
  else CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

int main(int argc, char **argv) {
  struct tjmp why;
  gid_t groups[] = {7, 9};
  how = argc > 1 ? argv[1] : "users";
  CHECK(setgroups(2, groups) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) fall();
  CHECK(why.cause == TJMP_SIGNAL);
  if (why.rollbacks == 1) {
    CHECK((why.lost & TJMP_LOST_PRIVILEGES) == 0);
    drop();
    fall();
  }
  CHECK((why.lost & TJMP_LOST_PRIVILEGES) != 0);
  if (strcmp(how, "groups") == 0) CHECK(getgid() == 1234 && getgroups(0, NULL) == 0);
  if (strcmp(how, "users") == 0) CHECK(getuid() == 1234 && seteuid(0) == -1);
  return ok();
}
