/* Probes an address with a SIGSEGV handler, and ends with 1.
 *   probes STACK WAY GO     says that it is ready, and goes when there is a file GO
 * STACK is what the handler runs on:
 *   none     the stack that fell
 *   array    an array of main's, which lies above everything that main calls
 *   mapped   a mapping of its own
 *   above    a mapping that lies right above the stack of the thread that probes
 *   thread   an array of the thread that probes
 * WAY is how the probe ends:
 *   near     siglongjmp to the function that probes
 *   far      siglongjmp to main, out of ten calls
 *   plain    longjmp, with the mask left as it is
 *   deep     siglongjmp, and the end comes from calls that go deeper than the handler's frame
 *   nested   the handler probes for itself, and each of the two is left by siglongjmp
 *   returns  the handler makes the address good and returns
 *   slow     the handler is left, and the end comes after many other things
 *   within   the handler itself ends the process
 *   within2  a handler that the handler fell into does
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_SIZE 65536

static const char *stack, *way;
static sigjmp_buf outer, inner;
static char *page;

static int is(const char *word, const char *name) { return strcmp(word, name) == 0; }

static void fall_otherwise(void) { __asm__ volatile("ud2"); }

static void on_ill(int signo) {
  (void)signo;
  if (is(way, "within2")) _exit(1);
  siglongjmp(inner, 1);
}

static void on_segv(int signo) {
  (void)signo;
  if (is(way, "returns")) {
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
    return;
  }
  if (is(way, "within")) _exit(1);
  if (is(way, "within2")) fall_otherwise();
  if (is(way, "nested") && sigsetjmp(inner, 1) == 0) fall_otherwise();
  if (is(way, "plain")) longjmp(outer, 1);
  siglongjmp(outer, 1);
}

__attribute__((noinline)) static int probe_below(int calls) {
  volatile char pad[64];
  pad[0] = (char)calls;
  if (calls > 0) return probe_below(calls - 1) + pad[0];
  return *(volatile char *)page;
}

/* Goes below where the handler's frame was, and leaves its bytes as they are. */
__attribute__((noinline)) static void end_deep(void) {
  volatile char room[32768];
  room[0] = 1;
  getppid();
  _exit(room[0]);
}

static void probe(void) {
  int saves = !is(way, "plain");
  if (sigsetjmp(outer, saves) == 0) probe_below(is(way, "far") ? 10 : 0);
  if (is(way, "slow"))
    for (int i = 0; i < 100; i++) usleep(100);
  if (is(way, "deep")) end_deep();
  dprintf(1, "done\n");
  exit(1);
}

static void use_stack(void *start) {
  stack_t alternate = {.ss_sp = start, .ss_size = STACK_SIZE};
  if (sigaltstack(&alternate, NULL) != 0) _exit(2);
}

static void *map(size_t size) {
  void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) _exit(2);
  return start;
}

static void *run_thread(void *argument) {
  char array[STACK_SIZE];
  use_stack(argument == NULL ? array : argument);
  probe();
  return NULL;
}

static void probe_in_thread(void) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  char *above = NULL;
  if (is(stack, "above")) {
    char *both = map(8 * STACK_SIZE);
    above = both + 7 * STACK_SIZE;
    pthread_attr_setstack(&attributes, both, 7 * STACK_SIZE);
  }
  pthread_t thread;
  if (pthread_create(&thread, &attributes, run_thread, above) != 0) _exit(2);
  pthread_join(thread, NULL);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  stack = argv[1];
  way = argv[2];
  page = map(4096);
  mprotect(page, 4096, PROT_NONE);
  int flags = is(stack, "none") ? 0 : SA_ONSTACK;
  struct sigaction segv = {.sa_handler = on_segv, .sa_flags = flags};
  struct sigaction ill = {.sa_handler = on_ill, .sa_flags = flags};
  sigaction(SIGSEGV, &segv, NULL);
  sigaction(SIGILL, &ill, NULL);
  char array[STACK_SIZE];
  if (is(stack, "array")) use_stack(array);
  if (is(stack, "mapped")) use_stack(map(STACK_SIZE));
  dprintf(1, "ready %d\n", getpid());
  while (access(argv[3], F_OK) != 0) usleep(1000);
  dprintf(1, "goes\n");
  if (is(stack, "thread") || is(stack, "above")) probe_in_thread();
  else probe();
  return 2;
}
