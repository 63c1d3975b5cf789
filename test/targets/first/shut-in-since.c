/* belay: ; argument filter hidden */
/*
 * A program that can make no calls for its image any more, or cannot be looked into, is rid of it
 * all the same: nothing of it runs, or has memory, for as long as the program.
 */
#include "../confined/confined.h"
#include "large.h"

static const int allowed[] = {
    SYS_read,  SYS_write, SYS_open, SYS_openat, SYS_close, SYS_newfstatat,  SYS_fstat,
    SYS_brk,   SYS_mmap,  SYS_munmap, SYS_lseek, SYS_ioctl, SYS_nanosleep, SYS_clock_nanosleep,
    SYS_unlink, SYS_getrandom, SYS_restart_syscall, SYS_exit_group};

/* Nothing but a word of its end is left. */
static int is_over(pid_t image) {
  char path[64], text[256] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", image);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return 1;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  const char *state = strrchr(text, ')');
  return size <= 0 || state == NULL || strchr("ZX", state[2]) != NULL;
}

int main(int argc, char **argv) {
  large_memory();
  point(NULL);
  CHECK(had_image());
  pid_t image = find_image();
  if (argc > 1 && strcmp(argv[1], "hidden") == 0) {
    CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
  } else {
    shut_in(allowed, sizeof allowed / sizeof *allowed, SECCOMP_RET_KILL_PROCESS);
  }
  for (int ms = 0; image != 0 && !is_over(image); ms++) {
    if (ms > 20000) fail("the image stays");
    sleep_ms(1);
  }
  return ok();
}
