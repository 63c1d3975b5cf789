/*
 * belay.h: fallback points for a Linux process, kept by a supervisor outside its address space.
 *
 * Header only; C89 to C23 and C++98 to C++23, gcc and clang. Include it, link nothing.
 *
 *     struct tjmp why;
 *     int cd = tsetjmp(&why);
 *     if (cd < 0 && errno != ENOSYS) { perror("tsetjmp"); }
 *     if (why.cause == TJMP_SIGNAL) { drop_the_request_that_killed_us(); }
 *
 * (Set why.cause to TJMP_SAVED beforehand if the program must also run without belay.)
 *
 * Each function is one system call that stock Linux does not have. Under `belay run` or
 * `belay attach` the supervisor answers it; everywhere else it gives -1 and ENOSYS and has no other
 * effect. Where there are no such calls (not x86-64 Linux) the functions give ENOSYS as well.
 *
 * This is not setjmp. All private memory, the registers of all threads and the kernel's side come
 * back, so nothing has to be volatile, and the function that called tsetjmp may have returned.
 * For the same reason the functions need no `returns_twice`: whenever the call returns, registers
 * and stack are those of its first return, and only its result and `*why` differ, which the
 * compiler is told that it writes.
 */
#ifndef BELAY_H
#define BELAY_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/* Why tsetjmp returned: the values of `cause`. */
#define TJMP_SAVED 0    /* the point was made */
#define TJMP_LONGJMP 1  /* tlongjmp(cd, value) */
#define TJMP_SIGNAL 2   /* a thread was about to take a fatal signal */
#define TJMP_HANG 3     /* the program made no progress */
#define TJMP_OPERATOR 4 /* somebody asked from outside: belay rewind */

/* What did not come back as it was: the bits of `lost`. `belay log` says it in words. */
#define TJMP_LOST_MEMORY 1      /* pages that cannot be watched or written */
#define TJMP_LOST_MAPPINGS 2    /* mappings, or attributes of them */
#define TJMP_LOST_THREADS 4     /* attributes of threads */
#define TJMP_LOST_DESCRIPTORS 8 /* a descriptor is hung up, or has another file */
#define TJMP_LOST_LOCKS 16      /* locks on files */
#define TJMP_LOST_SIGNALS 32    /* dispositions, alternate stacks, pending signals */
#define TJMP_LOST_PRIVILEGES 64 /* what was dropped since stays dropped: filters, ids */
#define TJMP_LOST_UNSURE 128    /* all that is named may be as it was, but is not known to be */
#define TJMP_LOST_TERMINALS 256 /* modes of a terminal, or who is in its foreground */
#define TJMP_LOST_CONTENTS 512  /* bytes in pipes and sockets */
#define TJMP_LOST_TIMERS 1024   /* timers, or the time that is left on them */
#define TJMP_LOST_ATTRIBUTES 2048 /* directory, umask, limits, priority and the like */
#define TJMP_LOST_SHARED 4096   /* shared memory, semaphores, message queues */
#define TJMP_LOST_PEERS 8192    /* sockets to others that were used since: closed, or out of step */

/* The system calls: numbers that Linux leaves unused. */
#define BELAY_SYS_TSETJMP 0xBE01
#define BELAY_SYS_TLONGJMP 0xBE02
#define BELAY_SYS_TFORGET 0xBE03
#define BELAY_SYS_TKEEP 0xBE04

/*
 * Filled in each time tsetjmp returns. The layout is fixed: 56 bytes, no padding; later versions
 * only add at the end, and a program built with an earlier header (48 bytes: up to `rollbacks`) is
 * given what it has room for. Fields that do not apply to the cause are 0.
 */
struct tjmp {
  uint32_t size;      /* how many bytes were filled in: 56 */
  uint32_t cause;     /* TJMP_... */
  int32_t value;      /* TJMP_LONGJMP: tlongjmp's second argument */
  int32_t signo;      /* TJMP_SIGNAL: si_signo */
  int32_t code;       /* TJMP_SIGNAL: si_code */
  int32_t tid;        /* the thread that fell */
  uint64_t address;   /* the address whose use was the fault */
  uint64_t ip;        /* the instruction that faulted */
  uint64_t rollbacks; /* how often this point has been returned to */
  uint64_t lost;      /* what did not come back as it was: TJMP_LOST_... */
};

/* Refuses to compile where the layout would be another. */
typedef char belay_tjmp_is_56_bytes[sizeof(struct tjmp) == 56 ? 1 : -1];

/* One system call with two arguments; the result as libc gives it: -1 and errno on failure. */
static __inline__ int belay_call(long number, size_t first, size_t second) {
#if defined(__linux__) && defined(__x86_64__) && !defined(__ILP32__)
  long result;
  __asm__ __volatile__("syscall"
                       : "=a"(result)
                       : "0"(number), "D"(first), "S"(second)
                       : "rcx", "r11", "cc", "memory");
#else
  long result = -ENOSYS;
  (void)number;
  (void)first;
  (void)second;
#endif
  if (result < 0) {
    errno = (int)-result;
    return -1;
  }
  return (int)result;
}

/*
 * int tsetjmp(struct tjmp *why);
 *
 * Makes a fallback point of the whole process. `why` may be NULL.
 *
 * Returns the checkpoint descriptor: 1, 2, 3, ... in each process, never used again until exec.
 * Returns again, with the same descriptor and another cause, after each rollback to the point.
 * On failure -1 and errno, and no point is made:
 *   ENOSYS  not supervised
 *   EFAULT  `why` cannot be written
 *   EINVAL  `why` is not aligned to 4 bytes, or the caller's struct tjmp is smaller than 48 bytes
 *   EPERM   the process confines itself with seccomp, and belay may not suspend its filters; or it
 *           has forbidden that its memory be read (PR_SET_DUMPABLE), and belay is an ordinary user
 *   EAGAIN  another thread cannot be stopped: it has been in vfork for 200 ms, say
 *   ENOMEM  the limit of live points, or of saved memory, is reached, or the supervisor has no
 *           memory for another
 */
static __inline__ int tsetjmp(struct tjmp *why) {
  return belay_call(BELAY_SYS_TSETJMP, (size_t)why, sizeof(struct tjmp));
}

/*
 * int tlongjmp(int cd, int value);
 *
 * Puts the whole process back on the point `cd`, which returns there with cause TJMP_LONGJMP and
 * this `value` (any value, 0 too). Newer points are dropped.
 *
 *     if (checksum(table) != expected) { tlongjmp(cd, REASON_TABLE); }
 *
 * Does not return, unless it failed: -1 and errno:
 *   ENOSYS  not supervised
 *   EBADF   `cd` is not a live point of this process
 *   ENOTRECOVERABLE  the process cannot go back there as it is now (a file behind a mapping is
 *           gone, a sandbox forbids it, ...), and nothing was touched; `belay log` says why
 */
static __inline__ int tlongjmp(int cd, int value) {
  return belay_call(BELAY_SYS_TLONGJMP, (size_t)(long)cd, (size_t)(long)value);
}

/*
 * int tforget(int cd);
 *
 * Releases the point `cd`; all others, older and newer, stay as they are.
 *
 * Returns 0; on failure -1 and errno:
 *   ENOSYS  not supervised
 *   EBADF   `cd` is not a live point of this process
 */
static __inline__ int tforget(int cd) {
  return belay_call(BELAY_SYS_TFORGET, (size_t)(long)cd, 0);
}

/*
 * int tkeep(void *address, size_t n);
 *
 * These `n` bytes survive rollbacks from now on: counters, a crash log. The bytes around them, on
 * the same page too, roll back as ever. What lies in memory that others share survives anyway, and
 * nothing is written there: they may have.
 *
 *     static unsigned long falls;
 *     tkeep(&falls, sizeof falls);
 *
 * Returns 0; on failure -1 and errno:
 *   ENOSYS  not supervised
 *   EINVAL  `n` is 0, or the range wraps around the end of the address space
 *   EFAULT  part of the range is not mapped
 *   ENOMEM  the process keeps 1024 ranges already
 */
static __inline__ int tkeep(void *address, size_t n) {
  return belay_call(BELAY_SYS_TKEEP, (size_t)address, n);
}

#endif /* BELAY_H */
