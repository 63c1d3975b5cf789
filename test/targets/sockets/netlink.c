/* What was asked of the kernel over netlink(7) since, and answered, is told; else nothing is. */
#include "../target.h"
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static void ask(int fd) {
  static char answer[1 << 16];
  struct {
    struct nlmsghdr header;
    struct rtgenmsg message;
  } request = {
      {.nlmsg_len = sizeof request,
       .nlmsg_type = RTM_GETLINK,
       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
      {.rtgen_family = AF_UNSPEC},
  };
  CHECK(send(fd, &request, sizeof request, 0) == sizeof request);
  while (recv(fd, answer, sizeof answer, MSG_DONTWAIT) > 0);
  CHECK(errno == EAGAIN);
}

int main(void) {
  struct tjmp why;
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  CHECK(fd >= 0);
  ask(fd);
  for (int round = 0; round < 2; round++) {
    int cd = point(&why);
    if (why.cause == TJMP_SAVED) {
      if (round > 0) ask(fd);
      fall();
    }
    CHECK((why.lost & TJMP_LOST_UNSURE) == 0);
    CHECK(((why.lost & TJMP_LOST_PEERS) != 0) == (round > 0));
    CHECK(tforget(cd) == 0);
  }
  ask(fd);
  return ok();
}
