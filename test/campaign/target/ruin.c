/* Damage that nothing survives: after it there is no stack, no data or no code to go on with. */
#include "campaign.h"

static u64 parse_hexadecimal(const char **at) {
  u64 value = 0;
  for (;; (*at)++) {
    char c = **at;
    if (c >= '0' && c <= '9') value = value << 4 | (u64)(c - '0');
    else if (c >= 'a' && c <= 'f') value = value << 4 | (u64)(c - 'a' + 10);
    else return value;
  }
}

/* One line of maps; returns 1 if it is wanted. */
static int parse_line(const char *line, int only_libraries, u64 range[2]) {
  const char *at = line;
  range[0] = parse_hexadecimal(&at);
  at++;
  range[1] = parse_hexadecimal(&at);
  if (at[2] != 'w' || at[4] != 'p') return 0;
  if (!only_libraries) return 1;
  for (; *at; at++)
    if (at[0] == '.' && at[1] == 's' && at[2] == 'o') return 1;
  return 0;
}

/* Writable private ranges as start, end pairs, read without libc. Returns how many. */
int writable_ranges(u64 *list, int capacity, int only_libraries) {
  char line[512], text[2048];
  int count = 0;
  u32 length = 0;
  long got, fd = sys2(SYS_open, "/proc/self/maps", O_RDONLY);
  while (fd >= 0 && (got = sys3(SYS_read, fd, text, sizeof text)) > 0) {
    for (long i = 0; i < got; i++) {
      if (text[i] != '\n') {
        if (length < sizeof line - 1) line[length++] = text[i];
        continue;
      }
      line[length] = 0;
      length = 0;
      if (count < capacity && parse_line(line, only_libraries, &list[2 * count])) count++;
    }
  }
  if (fd >= 0) sys1(SYS_close, fd);
  return count;
}

/* Noise over every writable page, this stack and these variables included; registers only. */
static void noise_everywhere(struct draws *d) {
  u64 stride = 8UL << draw_below(d, 8), noise = draw(d) | 1;
  long at = sys6(SYS_mmap, 0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 (u64)-1, 0);
  u64 *list = (u64 *)at;
  if (at < 0) return;
  int ranges = writable_ranges(list, 1000, 0);
  list[2 * ranges] = list[2 * ranges + 1] = 0;
  sys3(SYS_mprotect, at, 4 * PAGE, PROT_READ);
  for (int i = 0; i < ranges; i++) /* not the list itself, which is read-only by now */
    if (list[2 * i] <= (u64)at && (u64)at < list[2 * i + 1]) {
      sys3(SYS_mprotect, at, 4 * PAGE, PROT_READ | PROT_WRITE);
      u64 end = list[2 * i + 1];
      list[2 * i + 1] = (u64)at;
      if (end > (u64)at + 4 * PAGE) {
        list[2 * ranges] = (u64)at + 4 * PAGE;
        list[2 * ranges + 1] = end;
        list[2 * ranges + 2] = list[2 * ranges + 3] = 0;
      }
      sys3(SYS_mprotect, at, 4 * PAGE, PROT_READ);
      break;
    }
  __asm__ volatile("1: mov (%0), %%rdi; mov 8(%0), %%rdx; add $16, %0\n"
                   "   test %%rdx, %%rdx; jz 3f\n"
                   "2: cmp %%rdx, %%rdi; jae 1b\n"
                   "   mov %1, (%%rdi); imul $0x19660d, %1, %1; add $0x3c6ef35f, %1\n"
                   "   add %2, %%rdi; jmp 2b\n"
                   "3: xor %%esp, %%esp; mov %%rsp, (%%rsp); ud2\n"
                   :
                   : "r"(list), "r"(noise), "r"(stride)
                   : "rdi", "rdx", "memory");
  __builtin_unreachable();
}

/* Takes away every mapping, the code that does it last: it falls on its next instruction. */
static void unmap_everything(void) {
  __asm__ volatile("mov $11, %%eax; xor %%edi, %%edi; mov $0x7ffffffff000, %%rsi; syscall\n"
                   "mov $11, %%eax; mov %0, %%rdi; mov $0x7ffffffff000, %%rsi; sub %0, %%rsi\n"
                   "syscall\n"
                   "mov $11, %%eax; xor %%edi, %%edi; mov %1, %%rsi; syscall\n"
                   "mov $11, %%eax; xor %%edi, %%edi; mov %2, %%rsi; syscall; ud2\n"
                   :
                   : "r"(vdso_end), "r"(vvar_start), "r"(vdso_start)
                   : "rax", "rdi", "rsi", "rcx", "r11", "memory");
  __builtin_unreachable();
}

static void smash_stack(struct draws *d) {
  u64 list[512], here = (u64)list, end = 0, noise = draw(d) | 1;
  int ranges = writable_ranges(list, 256, 0);
  for (int i = 0; i < ranges; i++)
    if (list[2 * i] <= here && here < list[2 * i + 1]) end = list[2 * i + 1];
  __asm__ volatile("mov %%rsp, %%rdi\n"
                   "1: mov %1, (%%rdi); imul $0x19660d, %1, %1; add $0x3c6ef35f, %1\n"
                   "   add $8, %%rdi; cmp %0, %%rdi; jb 1b\n"
                   "   pop %%rbp; pop %%rbx; ret\n"
                   :
                   : "r"(end), "r"(noise)
                   : "rdi", "memory");
  __builtin_unreachable();
}

static void zero_registers(void) {
  sys2(SYS_arch_prctl, 0x1002 /* ARCH_SET_FS */, 0);
  sys2(SYS_arch_prctl, 0x1001 /* ARCH_SET_GS */, 0);
  __asm__ volatile(
    "fninit; vzeroall\n"
    "xor %eax, %eax; xor %ebx, %ebx; xor %ecx, %ecx; xor %edx, %edx; xor %esi, %esi\n"
    "xor %edi, %edi; xor %ebp, %ebp; xor %r8d, %r8d; xor %r9d, %r9d; xor %r10d, %r10d\n"
    "xor %r11d, %r11d; xor %r12d, %r12d; xor %r13d, %r13d; xor %r14d, %r14d; xor %r15d, %r15d\n"
    "xor %esp, %esp; ret\n");
  __builtin_unreachable();
}

static void forbid_code(void) { /* its own text loses the right to run */
  u64 page = (u64)forbid_code & ~(PAGE - 1);
  sys3(SYS_mprotect, page - 16 * PAGE, 17 * PAGE, PROT_NONE);
  for (u64 at = page - 16 * PAGE; at < page + 2 * PAGE; at += PAGE)
    sys3(SYS_mprotect, at, PAGE, PROT_NONE);
  __asm__ volatile("ud2");
}

void ruin(struct draws *d, u64 cd) {
  u64 how = draw_below(d, 5);
  tell(REC_FALL, 100 + how, 0, (u64)-1, cd, 0, 0);
  switch (how) {
  case 0: noise_everywhere(d); break;
  case 1: unmap_everything(); break;
  case 2: smash_stack(d); break;
  case 3: zero_registers(); break;
  default: forbid_code();
  }
}
