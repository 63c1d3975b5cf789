/*
 * Loads all vector registers from a table, makes a point, stores them to another table: in one asm
 * statement, so that no compiled code comes in between.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include "../target.h"

#define EACH_8(DO, a, b) DO(a##0, b##0) DO(a##1, b##1) DO(a##2, b##2) DO(a##3, b##3) \
  DO(a##4, b##4) DO(a##5, b##5) DO(a##6, b##6) DO(a##7, b##7)
#define EACH_16(DO) \
  EACH_8(DO, , ) DO(8, 8) DO(9, 9) DO(10, 10) DO(11, 11) DO(12, 12) DO(13, 13) DO(14, 14) \
  DO(15, 15)
#define EACH_32(DO) \
  EACH_16(DO) DO(16, 16) DO(17, 17) DO(18, 18) DO(19, 19) DO(20, 20) DO(21, 21) DO(22, 22) \
  DO(23, 23) DO(24, 24) DO(25, 25) DO(26, 26) DO(27, 27) DO(28, 28) DO(29, 29) DO(30, 30) \
  DO(31, 31)

#define TSETJMP(before, after)                                                          \
  __asm__ volatile(before "syscall\n" after                                             \
                   : "=a"(cd) : "0"((long)BELAY_SYS_TSETJMP), "D"(&why), "S"(sizeof why), \
                     "r"(table), "r"(found) : "rcx", "r11", "cc", "memory", "xmm0", "xmm1", \
                     "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
                     "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

/* The tables: 32 registers of up to 64 bytes, and 8 mask registers behind them. */
#define TABLE_BYTES (32 * 64 + 8 * 8)

#endif
