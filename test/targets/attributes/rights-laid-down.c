/* belay: --retries 9; argument 1 3 */
/* Rights that a program has laid down since the point, and may take up again by itself, it has
 * again in every thread; what it has dropped for good stays dropped, and that is said. */
#include "../target.h"
#include "../crew.h"
#include <dirent.h>
#include <grp.h>
#include <linux/capability.h>

static char before[8][4096], after[8][4096];

/* Users, groups and capabilities of each thread. */
static int read_rights(char rights[8][4096]) {
  char path[300], line[512];
  int count = 0;
  DIR *directory = opendir("/proc/self/task");
  CHECK(directory != NULL);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL && count < 8);
    rights[count][0] = '\0';
    while (fgets(line, sizeof line, file) != NULL) {
      int is_told = strncmp(line, "Uid", 3) == 0 || strncmp(line, "Gid", 3) == 0 ||
                    strncmp(line, "Groups", 6) == 0 || strncmp(line, "Cap", 3) == 0;
      if (is_told) strcat(rights[count], line);
    }
    count++;
    fclose(file);
  }
  closedir(directory);
  return count;
}

/* Of the calling thread. */
static void lay_capabilities_down(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  CHECK(syscall(SYS_capget, &header, data) == 0);
  data[0].effective = data[1].effective = 0;
  CHECK(syscall(SYS_capset, &header, data) == 0);
}

static void lay_down(int round) {
  gid_t others[] = {11};
  if (round == 0) CHECK(seteuid(1234) == 0);
  if (round == 1) CHECK(setegid(1234) == 0 && setgroups(1, others) == 0 && seteuid(1234) == 0);
  if (round == 2) lay_capabilities_down();
  if (round == 3) CHECK(setresuid(1234, 0, 5678) == 0);
  if (round == 4) CHECK(setresuid(1234, 1234, 1234) == 0);
}

int main(int argc, char **argv) {
  static volatile int falls;
  struct tjmp why;
  gid_t groups[] = {7, 9};
  keep((void *)&falls, sizeof falls);
  CHECK(geteuid() == 0 && setgroups(2, groups) == 0);
  crew_start(crew_size(argc, argv));
  int count = read_rights(before);
  point(&why);
  int is_for_good = falls == 5;
  CHECK(read_rights(after) == count);
  for (int number = 0; number < count && !is_for_good; number++) {
    if (strcmp(before[number], after[number]) == 0) continue;
    fail("after fall %d not\n%sbut\n%s", falls, before[number], after[number]);
  }
  if (is_for_good) {
    CHECK(getuid() == 1234 && geteuid() == 1234 && (why.lost & TJMP_LOST_PRIVILEGES) != 0);
    return ok();
  }
  CHECK((why.lost & (TJMP_LOST_PRIVILEGES | TJMP_LOST_ATTRIBUTES)) == 0);
  lay_down(falls++);
  fall();
}
