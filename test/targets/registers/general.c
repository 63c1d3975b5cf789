/* belay: argument zero noise */
/* All general registers and the flags: zeroed or noise at the fall, those of the point after it. */
#include "../target.h"

#define EACH(DO) DO(rbx, 1) DO(rbp, 2) DO(rdx, 3) DO(r8, 4) DO(r9, 5) DO(r10, 6) DO(r12, 7) \
  DO(r13, 8) DO(r14, 9) DO(r15, 10)
#define TEXT(x) #x
#define VALUE(n) "0x5A5A00000000" TEXT(n) "1"
#define LOAD(name, n) "movabs $" VALUE(n) ", %" TEXT(name) "\n"
#define ZERO(name, n) "xor %" TEXT(name) ", %" TEXT(name) "\n"
#define STORE(name, n) "mov %" TEXT(name) ", registers_after + 8 * " TEXT(n) "(%rip)\n"

/* rax is 0, 11: rdi, 12: rsi, 13: rcx, 14: r11, 15: the flags, 16: rsp. */
uint64_t registers_after[17], registers_stack;
struct tjmp registers_why;
uint32_t registers_noise;
extern char registers_returned[];
void registers_go(void);

__asm__(".text\nregisters_go:\n"
        "push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\n"
        "mov %rsp, registers_stack(%rip)\n" EACH(LOAD)
        "lea registers_why(%rip), %rdi\nmov $48, %esi\nmov $0xBE01, %eax\nstc\nstd\nsyscall\n"
        ".globl registers_returned\nregisters_returned:\n"
        "mov %rsp, registers_after + 128(%rip)\nmov %r11, registers_after + 112(%rip)\n"
        "mov %rcx, registers_after + 104(%rip)\nmov %rsi, registers_after + 96(%rip)\n"
        "mov %rdi, registers_after + 88(%rip)\nmov %rax, registers_after(%rip)\n" EACH(STORE)
        "pushf\npop %rax\nmov %rax, registers_after + 120(%rip)\ncld\n"
        "cmpl $0, registers_why + 4(%rip)\njne 2f\n"
        "cmpl $0, registers_noise(%rip)\njne 1f\n" EACH(ZERO)
        "xor %eax, %eax\nxor %ecx, %ecx\nxor %esi, %esi\nxor %edi, %edi\nxor %esp, %esp\n"
        "xor %r11, %r11\nud2\n"
        "1: mov %rax, %rbx\nnot %rbx\nmov %rbx, %rbp\nmov %rbp, %r12\nmov %rbp, %r15\n"
        "mov %rbp, %rsp\nmov %rbp, %r8\nmov %rbp, %r10\npush %rax\n"
        "2: pop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\nret\n");

int main(int argc, char **argv) {
  CHECK(tforget(point(NULL)) == 0);
  registers_noise = argc > 1 && strcmp(argv[1], "noise") == 0;
  registers_go();
  CHECK(registers_why.cause == TJMP_SIGNAL && registers_why.rollbacks == 1);
  CHECK(registers_after[0] == 2);
  CHECK(registers_after[11] == (uint64_t)&registers_why && registers_after[12] == 48);
  CHECK(registers_after[13] == (uint64_t)registers_returned);
  CHECK(registers_after[14] == registers_after[15] && (registers_after[15] & 0x401) == 0x401);
  CHECK(registers_after[16] == registers_stack);
  for (int n = 1; n <= 10; n++) {
    char digits[32];
    snprintf(digits, sizeof digits, "5a5a00000000%d1", n);
    if (registers_after[n] != strtoull(digits, NULL, 16)) fail("register %d differs", n);
  }
  return ok();
}
