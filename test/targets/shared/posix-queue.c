/* belay: argument changed empty */
/* What is in a POSIX message queue stays, and is named; its descriptor's O_NONBLOCK goes back. */
#include "shared.h"
#include <mqueue.h>

int main(int argc, char **argv) {
  struct tjmp why;
  char name[64];
  int is_changed = argc < 2 || strcmp(argv[1], "changed") == 0;
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 16};
  struct mq_attr other = {.mq_flags = O_NONBLOCK};
  snprintf(name, sizeof name, "/belay-target-%d", getpid());
  mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
  CHECK(queue >= 0 && mq_unlink(name) == 0);
  point(&why);
  if (why.cause == TJMP_SAVED) {
    if (is_changed) CHECK(mq_send(queue, "text", 4, 1) == 0);
    CHECK(mq_setattr(queue, &other, NULL) == 0);
    fall();
  }
  CHECK(mq_getattr(queue, &attributes) == 0 && attributes.mq_flags == 0);
  CHECK(attributes.mq_curmsgs == is_changed);
  CHECK(((why.lost & TJMP_LOST_SHARED) != 0) == is_changed);
  return ok();
}
