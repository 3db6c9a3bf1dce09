#define _GNU_SOURCE /* registers of a ucontext_t */
#include "panic.h"

#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include "esp_app_desc.h"
#include "esp_err.h"
#include "esp_system.h"
#include "reset.h"
#include "uart.h"

#define MAX_FRAMES      32
#define ALT_STACK_SIZE  65536
/* Causes of an exception, as the Xtensa core numbers them. */
#define CAUSE_ILLEGAL_INSTRUCTION 0
#define CAUSE_DIVIDE_BY_ZERO      6
#define CAUSE_LOAD_PROHIBITED     28
#define CAUSE_STORE_PROHIBITED    29
#define PAGE_FAULT_WRITE          2 /* bit of the x86 page fault code */

/* The linker's: where the program's code is. */
extern const char __executable_start[];
extern const char etext[];

static atomic_flag s_entered = ATOMIC_FLAG_INIT;

__attribute__((format(printf, 1, 2))) static void panic_print(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    uart_panic_write(text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
}

/** One thread panics; the others, should they crash meanwhile, wait for the end. */
static void enter_panic(void)
{
    if (atomic_flag_test_and_set(&s_entered)) {
        for (;;) {
            pause();
        }
    }
}

/** Frames of the program itself, for addr2line; those of the host's libraries are left out. */
static void print_backtrace(uintptr_t fault_pc, uintptr_t stack)
{
    void *frames[MAX_FRAMES];
    int count = backtrace(frames, MAX_FRAMES);
    int from = 0;
    for (int i = 0; i < count; i++) {
        if ((uintptr_t)frames[i] == fault_pc) {
            from = i;
        }
    }
    panic_print("\n\nBacktrace:");
    for (int i = from; i < count; i++) {
        const char *pc = frames[i];
        if (pc >= __executable_start && pc < etext) {
            panic_print(" 0x%08lx:0x%08lx", (unsigned long)(uintptr_t)pc, (unsigned long)stack & 0xffffffff);
            stack += 32;
        }
    }
    panic_print("\n\n\n\n\n");
}

__attribute__((noreturn)) static void reset_chip(void)
{
    char sha256[17];
    esp_app_get_elf_sha256(sha256, sizeof(sha256));
    panic_print("ELF file SHA256: %s\n\nRebooting...\n", sha256);
    _exit(RESET_EXIT_CODE + ESP_RST_PANIC);
}

typedef struct {
    uintptr_t pc;
    uintptr_t sp;
    bool is_write;
} fault_t;

static fault_t read_fault(const ucontext_t *context)
{
#if defined(__x86_64__)
    const greg_t *registers = context->uc_mcontext.gregs;
    return (fault_t) {
        .pc = registers[REG_RIP],
        .sp = registers[REG_RSP],
        .is_write = registers[REG_ERR] & PAGE_FAULT_WRITE,
    };
#elif defined(__aarch64__)
    return (fault_t) { .pc = context->uc_mcontext.pc, .sp = context->uc_mcontext.sp };
#else
    (void)context;
    return (fault_t) { 0 };
#endif
}

static void on_crash(int signal, siginfo_t *info, void *context)
{
    enter_panic();
    fault_t fault = read_fault(context);
    const char *name = fault.is_write ? "StoreProhibited" : "LoadProhibited";
    int cause = fault.is_write ? CAUSE_STORE_PROHIBITED : CAUSE_LOAD_PROHIBITED;
    if (signal == SIGFPE) {
        name = "IntegerDivideByZero";
        cause = CAUSE_DIVIDE_BY_ZERO;
    } else if (signal == SIGILL) {
        name = "IllegalInstruction";
        cause = CAUSE_ILLEGAL_INSTRUCTION;
    }
    unsigned long address = signal == SIGSEGV || signal == SIGBUS ? (uintptr_t)info->si_addr & 0xffffffff : 0;
    panic_print("Guru Meditation Error: Core  0 panic'ed (%s). Exception was unhandled.\n\n", name);
    panic_print("Core  0 register dump:\n");
    panic_print("PC      : 0x%08lx  PS      : 0x00060030  A0      : 0x00000000  A1      : 0x%08lx  \n",
                (unsigned long)fault.pc & 0xffffffff, (unsigned long)fault.sp & 0xffffffff);
    panic_print("EXCCAUSE: 0x%08x  EXCVADDR: 0x%08lx  \n", cause, address);
    print_backtrace(fault.pc, fault.sp);
    reset_chip();
}

__attribute__((noreturn)) static void abort_chip(uintptr_t caller)
{
    panic_print("\nabort() was called at PC 0x%08lx on core 0\n", (unsigned long)caller & 0xffffffff);
    print_backtrace(caller, (uintptr_t)__builtin_frame_address(0));
    reset_chip();
}

/** abort() of the program, by the linker's --wrap. */
void __wrap_abort(void) __attribute__((noreturn));
void __wrap_abort(void)
{
    enter_panic();
    abort_chip((uintptr_t)__builtin_return_address(0));
}

/** abort() from within the host's C library. */
static void on_abort(int signal)
{
    (void)signal;
    enter_panic();
    abort_chip(0);
}

void panic_abort(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    enter_panic();
    panic_print("%s\n", text);
    abort_chip((uintptr_t)__builtin_return_address(0));
}

/** What assert() of the host's C library calls; in ESP-IDF's words. */
void __assert_fail(const char *expression, const char *file, unsigned int line, const char *function)
{
    const char *slash = strrchr(file, '/');
    enter_panic();
    panic_print("\nassert failed: %s %s:%u (%s)\n", function, slash == NULL ? file : slash + 1, line, expression);
    print_backtrace((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0));
    reset_chip();
}

void host_error_check_failed(esp_err_t code, const char *file, int line, const char *function, const char *expression)
{
    uintptr_t caller = (uintptr_t)__builtin_return_address(0);
    enter_panic();
    panic_print("ESP_ERROR_CHECK failed: esp_err_t 0x%x (%s) at 0x%08lx\n", code, esp_err_to_name(code),
                (unsigned long)caller & 0xffffffff);
    panic_print("file: \"%s\" line %d\nfunc: %s\nexpression: %s\n", file, line, function, expression);
    abort_chip(caller);
}

void panic_watch_thread(void)
{
    stack_t stack = { .ss_sp = malloc(ALT_STACK_SIZE), .ss_size = ALT_STACK_SIZE };
    if (stack.ss_sp != NULL) {
        sigaltstack(&stack, NULL);
    }
}

void panic_start(void)
{
    /* The first backtrace() loads a library, which a crashed program can't. */
    void *frame;
    backtrace(&frame, 1);

    struct sigaction crash = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &crash, NULL);
    }
    struct sigaction abortion = { .sa_handler = on_abort, .sa_flags = SA_ONSTACK };
    sigaction(SIGABRT, &abortion, NULL);
}
