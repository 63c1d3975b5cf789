/* belay: ; argument secret chroot dropped written */
/* A file to which the program has no way any more comes back when its mapping is gone. */
#include "../target.h"

/* Memory that only its descriptor leads to. */
static char *map_secret(void) {
  int fd = (int)syscall(SYS_memfd_secret, 0);
  if (fd < 0) return NULL;
  CHECK(ftruncate(fd, PAGE) == 0);
  return (char *)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* So that the file can be removed. */
static void come_back(int root) {
  int error = errno;
  if (geteuid() != 0) seteuid(0);
  if (fchdir(root) == 0 && geteuid() == 0) CHECK(chroot(".") == 0);
  errno = error;
}

int main(int argc, char **argv) {
  struct tjmp why;
  int root = open("/", O_RDONLY | O_DIRECTORY);
  const char *kind = argc > 1 ? argv[1] : "dropped";
  char *memory = NULL;
  if (strcmp(kind, "secret") == 0) {
    memory = map_secret();
    if (memory != NULL) fill(memory, PAGE, 1);
  } else {
    int fd = scratch_file(PAGE, 1);
    int is_written = strcmp(kind, "written") == 0;
    int protection = is_written ? PROT_READ | PROT_WRITE : PROT_READ;
    memory = (char *)mmap(NULL, PAGE, protection, is_written ? MAP_SHARED : MAP_PRIVATE, fd, 0);
    close(fd);
    CHECK(memory != MAP_FAILED);
    if (strcmp(kind, "chroot") == 0 && (chroot("/var/empty") == 0 || chroot("/proc") == 0)) {
      CHECK(chdir("/") == 0);
    }
    if (strcmp(kind, "chroot") != 0 && geteuid() == 0) CHECK(seteuid(65534) == 0);
  }
  int cd = tsetjmp(&why);
  if (cd <= 0) come_back(root);
  if (cd <= 0) point(&why);
  /* A kernel without secret memory has none to bring back. */
  if (memory == NULL) return ok();
  if (why.cause == TJMP_SAVED) {
    CHECK(munmap(memory, PAGE) == 0);
    fall();
  }
  come_back(root);
  verify(memory, PAGE, 1);
  return ok();
}
