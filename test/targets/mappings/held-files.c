/* Files that the supervisor holds for a program are given back with the points that need them. */
#include "../target.h"
#include <dirent.h>

/* The supervisor opens some files of its own when it first needs them: fewer than SLACK. */
enum { ROUNDS = 100, NEEDED = 30, SLACK = 10 };

/* Descriptors of whoever traces us; -1 where that cannot be seen. */
static int count_of_tracer(void) {
  char text[4096], path[64];
  int fd = open("/proc/self/status", O_RDONLY);
  ssize_t size = read(fd, text, sizeof text - 1);
  CHECK(size > 0);
  text[size] = 0;
  close(fd);
  const char *line = strstr(text, "TracerPid:");
  CHECK(line != NULL);
  snprintf(path, sizeof path, "/proc/%d/fd", atoi(line + 10));
  DIR *directory = opendir(path);
  if (directory == NULL) return -1;
  int count = 0;
  while (readdir(directory) != NULL) count++;
  closedir(directory);
  return count;
}

static void round_trip(int is_forgotten) {
  int fd = memfd_create("held", MFD_CLOEXEC);
  CHECK(fd >= 0 && ftruncate(fd, (off_t)PAGE) == 0);
  void *view = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(view != MAP_FAILED);
  fill(view, PAGE, 1);
  int cd = point(NULL);
  if (is_forgotten) CHECK(tforget(cd) == 0);
  munmap(view, PAGE);
  close(fd);
}

int main(void) {
  round_trip(1);
  point(NULL);
  int before = count_of_tracer();
  for (int round = 0; round < ROUNDS; round++) round_trip(1);
  int base = point(NULL);
  int after = count_of_tracer();
  if (before >= 0 && after > before + SLACK) fail("%d descriptors, not %d", after, before);
  static int is_back;
  keep(&is_back, sizeof is_back);
  if (is_back++ == 0) {
    for (int round = 0; round < NEEDED; round++) round_trip(0);
    int held = count_of_tracer();
    CHECK(before < 0 || held >= after + NEEDED - SLACK);
    /* The points behind it go, and so does what they need. */
    tlongjmp(base, 1);
  }
  int left = count_of_tracer();
  if (left > after + SLACK) fail("%d descriptors, not %d", left, after);
  return ok();
}
