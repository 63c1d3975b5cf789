/*
 * What points and rollbacks take from the kernel however they are programmed: a tracer in C.
 *
 *   work MODE ROUNDS CPU SIZE_MB PAGES THREADS
 *
 * Each round writes PAGES pages of SIZE_MB. `point`: the tracer stops all threads, reads their
 * registers, finds and protects the written pages, copies them, resumes. `look`: that, and all else
 * that belay looks at. `fall` and `jump`: it stops them at a SIGSEGV or a call, finds the written
 * pages, writes them back, finds and protects them again, sets all registers, resumes. Sampled by
 * the tracee, as the programs under belay are.
 * `scan`, `copy` and `write`: the same, with a sample of one of the tracer's steps alone. Tracee
 * and tracer are on one processor; the other threads, which sleep, are where they like.
 */
#include "looks.h"
#include "tracing.h"
#include "tracking.h"
#include <elf.h>
#include <pthread.h>
#include <sys/user.h>

#define CALL_BACK (CALL + 1)
#define CALL_END (CALL + 2)
/* More than any processor has at present: 11 KB with AMX. */
#define EXTENDED_MAX 16384

/* The first rounds find memory cold. */
static unsigned long rounds, warm_up;
static unsigned long page_count, pages_per_round;
static const char *mode;

static int is_mode(const char *name) { return strcmp(mode, name) == 0; }

static void write_pages(uint64_t seed) {
  for (unsigned long index = 0; index < pages_per_round; index++) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    memory[(seed >> 33) % page_count * PAGE] += 1;
  }
}

/* Without a function of libc's, whose frame would not be put back with the registers. */
static inline __attribute__((always_inline)) long call(long number) {
  long result = number;
  __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "cc", "memory");
  return result;
}

static int is_sampled_here(uint64_t round) {
  return round >= warm_up && !is_mode("scan") && !is_mode("copy") && !is_mode("write");
}

/* As track() left them: a neighbour that does not do the work is none. */
static void check_pages(void) {
  for (unsigned long page = 0; page < page_count; page++) {
    if (memory[page * PAGE] != (char)page) _exit(3);
  }
}

static void *sleeper(void *nothing) {
  sched_setaffinity(0, sizeof everywhere, &everywhere);
  for (;;) pause();
  return nothing;
}

static void measure_points(void) {
  for (uint64_t round = 0; round < rounds + warm_up; round++) {
    write_pages(round);
    uint64_t began = now_ns();
    call(CALL);
    uint64_t ns = now_ns() - began;
    if (is_sampled_here(round)) sample(ns);
  }
}

/* The stack is not put back: all that changes is in `samples`. */
static void measure_back(void) {
  call(CALL);
  uint64_t ended = now_ns();
  if (samples->began != 0) {
    if (is_sampled_here(samples->round)) sample(ended - samples->began);
    samples->round += 1;
  }
  if (samples->round == rounds + warm_up) return check_pages();
  write_pages(samples->round);
  samples->began = now_ns();
  if (is_mode("fall")) *(volatile int *)8 = 1;
  call(CALL_BACK);
}

static int goes_back(void) { return is_mode("fall") || is_mode("jump") || is_mode("write"); }

static void tracee(unsigned long threads_wanted) {
  track();
  for (unsigned long index = 1; index < threads_wanted; index++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleeper, NULL) != 0) die("pthread_create");
  }
  await_tracer();
  if (goes_back()) measure_back();
  else measure_points();
  call(CALL_END);
  _exit(0);
}

/* From here on the tracer. */
static struct {
  struct user_regs_struct general;
  size_t extended_size;
  char extended[EXTENDED_MAX];
} images[THREADS_MAX];

static size_t registers(size_t thread, int request, long kind, void *bytes, size_t size) {
  struct iovec vector = {bytes, size};
  if (ptrace(request, threads[thread], (void *)kind, &vector) != 0) die("ptrace");
  return vector.iov_len;
}

static void read_registers(size_t thread) {
  registers(thread, PTRACE_GETREGSET, NT_PRSTATUS, &images[thread].general,
            sizeof images[thread].general);
  images[thread].extended_size = registers(thread, PTRACE_GETREGSET, NT_X86_XSTATE,
                                           images[thread].extended, EXTENDED_MAX);
}

static void set_registers(size_t thread) {
  registers(thread, PTRACE_SETREGSET, NT_X86_XSTATE, images[thread].extended,
            images[thread].extended_size);
  registers(thread, PTRACE_SETREGSET, NT_PRSTATUS, &images[thread].general,
            sizeof images[thread].general);
}

static void sample_since(uint64_t began, const char *step) {
  static uint64_t steps;
  if (!is_mode(step)) return;
  uint64_t ns = now_ns() - began;
  if (steps++ > warm_up) sample(ns);
}

static void make_point(void) {
  stop_others();
  for (size_t thread = 0; thread < thread_count; thread++) read_registers(thread);
  /* Whatever comes back comes back behind the call. */
  images[0].general.orig_rax = (unsigned long long)-1;
  if (is_mode("look")) look_at_all(threads[0]);
  uint64_t began = now_ns();
  scan(1);
  sample_since(began, "scan");
  began = now_ns();
  if (!is_mode("scan")) transfer(threads[0], 0);
  sample_since(began, "copy");
  resume_others();
}

static void go_back(void) {
  stop_others();
  scan(0);
  uint64_t began = now_ns();
  transfer(threads[0], 1);
  sample_since(began, "write");
  scan(1);
  for (size_t thread = thread_count; thread-- > 0;) set_registers(thread);
  resume_others();
}

static void on_call(void) {
  struct user_regs_struct general;
  /* With one thread and one call to make there is nothing to tell apart. */
  if (goes_back() || thread_count > 1) {
    registers(0, PTRACE_GETREGSET, NT_PRSTATUS, &general, sizeof general);
    if (general.orig_rax == CALL_BACK) return go_back();
    if (general.orig_rax == CALL_END) return let_go_of_others();
  }
  make_point();
}

static void on_fall(void) {
  siginfo_t info;
  if (ptrace(PTRACE_GETSIGINFO, threads[0], NULL, &info) != 0) die("PTRACE_GETSIGINFO");
  go_back();
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  mode = argv[1];
  rounds = argument(argc, argv, 2);
  warm_up = rounds / 4;
  unsigned long cpu = argument(argc, argv, 3);
  size_t size = argument(argc, argv, 4) << 20;
  pages_per_round = argument(argc, argv, 5);
  unsigned long threads_wanted = argument(argc, argv, 6);
  page_count = size / PAGE;
  samples_open();
  memory_open(size);
  pin(cpu);
  pid_t child = fork_tracee();
  if (child == 0) tracee(threads_wanted);
  pagemap_open(child);
  if (is_mode("look")) looks_open(child);
  trace(child, on_call, on_fall);
  return samples_print();
}
