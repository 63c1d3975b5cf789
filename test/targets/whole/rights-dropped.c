/* belay: log cannot be mapped again: EACCES; argument private shared unlinked */
/* A program has given up the rights by which it had a file mapped, and the mapping: it does not get
 * it back by anybody else's rights. */
#include <sys/stat.h>

#include "../target.h"

/* Nobody has caught the fall. */
static void give_up(int signo) {
  (void)signo;
  CHECK(getuid() != 0 || seteuid(0) == 0);
  _exit(ok());
}

int main(int argc, char **argv) {
  struct tjmp why;
  const char *kind = argc > 1 ? argv[1] : "private";
  int is_private = strcmp(kind, "private") == 0;
  int fd = scratch_file(PAGE, 1);
  int protection = is_private ? PROT_READ : PROT_READ | PROT_WRITE;
  void *memory = mmap(NULL, PAGE, protection, is_private ? MAP_PRIVATE : MAP_SHARED, fd, 0);
  CHECK(memory != MAP_FAILED && fchmod(fd, is_private ? 0600 : 0644) == 0);
  close(fd);
  if (strcmp(kind, "unlinked") == 0) scratch_remove();
  signal(SIGSEGV, give_up);
  point(&why);
  if (why.cause != TJMP_SAVED) fail("the file is mapped again");
  CHECK(munmap(memory, PAGE) == 0);
  if (geteuid() == 0) CHECK(seteuid(65534) == 0);
  else CHECK(0 && "this is for root");
  fall();
}
