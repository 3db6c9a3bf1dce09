#define _GNU_SOURCE /* registers of a ucontext_t */
#include "panic.h"

#include <execinfo.h>
#include <pthread.h>
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
#include "esp_log.h"
#include "esp_system.h"
#include "freertos/task.h"
#include "reset.h"
#include "uart.h"

#define MAX_FRAMES      32
#define ALT_STACK_SIZE  65536
/* Causes of an exception, as the Xtensa core numbers them. */
#define CAUSE_ILLEGAL_INSTRUCTION 0
#define CAUSE_INTERRUPT_WATCHDOG  5
#define CAUSE_DIVIDE_BY_ZERO      6
#define CAUSE_LOAD_PROHIBITED     28
#define CAUSE_STORE_PROHIBITED    29
#define PAGE_FAULT_WRITE          2 /* bit of the x86 page fault code */

/* An access this near to the stack pointer that hits no memory has left the stack at its end. */
#define STACK_REACH               65536

#define TASK_WATCHDOG_LOG "E (%lu) task_wdt: "

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

/** Where the CPU was: at `pc`, or in the call that returns to `pc`. As on the chip, the call is told, not the return. */
typedef struct {
    uintptr_t pc;
    bool is_return;
} place_t;

/** Where the function that says this was called. */
#define RETURN_PLACE ((place_t) { .pc = (uintptr_t)__builtin_return_address(0), .is_return = true })

static unsigned long address_of(place_t place)
{
    return place.is_return ? place.pc - 1 : place.pc;
}

/** Frames of the program itself, from `place` outwards, for addr2line; those of the host's libraries are left out. */
static void print_backtrace(place_t place, uintptr_t stack)
{
    void *frames[MAX_FRAMES];
    int count = backtrace(frames, MAX_FRAMES);
    int from = 0;
    for (int i = 0; i < count; i++) {
        if ((uintptr_t)frames[i] == place.pc) {
            from = i;
        }
    }
    panic_print("\n\nBacktrace:");
    for (int i = from; i < count; i++) {
        const char *pc = frames[i];
        if (pc >= __executable_start && pc < etext) {
            place_t frame = { .pc = (uintptr_t)pc, .is_return = i > from || place.is_return };
            panic_print(" 0x%08lx:0x%08lx", address_of(frame), (unsigned long)stack & 0xffffffff);
            stack += 32;
        }
    }
    panic_print("\n\n\n\n\n");
}

__attribute__((noreturn)) static void reset_chip(esp_reset_reason_t reason)
{
    char sha256[17];
    esp_app_get_elf_sha256(sha256, sizeof(sha256));
    panic_print("ELF file SHA256: %s\n\nRebooting...\n", sha256);
    _exit(RESET_EXIT_CODE + reason);
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

/** Where the CPU was, how it got there, and the restart. */
__attribute__((noreturn)) static void dump_and_reset(fault_t fault, int cause, unsigned long address,
                                                     esp_reset_reason_t reason)
{
    panic_print("Core  0 register dump:\n");
    panic_print("PC      : 0x%08lx  PS      : 0x00060030  A0      : 0x00000000  A1      : 0x%08lx  \n",
                (unsigned long)fault.pc & 0xffffffff, (unsigned long)fault.sp & 0xffffffff);
    panic_print("EXCCAUSE: 0x%08x  EXCVADDR: 0x%08lx  \n", cause, address);
    print_backtrace((place_t) { .pc = fault.pc }, fault.sp);
    reset_chip(reason);
}

static bool is_beyond_stack(fault_t fault, uintptr_t address)
{
    return address < fault.sp + STACK_REACH && fault.sp < address + STACK_REACH;
}

static void on_crash(int signal, siginfo_t *info, void *context)
{
    enter_panic();
    fault_t fault = read_fault(context);
    if (signal == SIGSEGV && is_beyond_stack(fault, (uintptr_t)info->si_addr)) {
        panic_print("\n***ERROR*** A stack overflow in task %s has been detected.\n", pcTaskGetName(NULL));
        print_backtrace((place_t) { .pc = fault.pc }, fault.sp);
        reset_chip(ESP_RST_PANIC);
    }
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
    dump_and_reset(fault, cause, address, ESP_RST_PANIC);
}

__attribute__((noreturn)) static void abort_chip(place_t place, esp_reset_reason_t reason)
{
    panic_print("\nabort() was called at PC 0x%08lx on core 0\n", address_of(place) & 0xffffffff);
    print_backtrace(place, (uintptr_t)__builtin_frame_address(0));
    reset_chip(reason);
}

/** The board asks for a fault: it hits the task where it is. */
static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)info;
    enter_panic();
    fault_t fault = read_fault(context);
    if (signal == SIGNAL_PANIC) {
        panic_print("Guru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled.\n\n");
        dump_and_reset(fault, CAUSE_STORE_PROHIBITED, 0, ESP_RST_PANIC);
    }
    if (signal == SIGNAL_INTERRUPT_WATCHDOG) {
        panic_print("Guru Meditation Error: Core  0 panic'ed (Interrupt wdt timeout on CPU0). \n\n");
        dump_and_reset(fault, CAUSE_INTERRUPT_WATCHDOG, 0, ESP_RST_INT_WDT);
    }
    /* As with CONFIG_ESP_TASK_WDT_PANIC; without it the chip only says so. */
    unsigned long now_ms = esp_log_timestamp();
    panic_print(TASK_WATCHDOG_LOG "Task watchdog got triggered. The following tasks/users did not reset the watchdog in "
                "time:\n" TASK_WATCHDOG_LOG " - IDLE (CPU 0)\n" TASK_WATCHDOG_LOG "Tasks currently running:\n"
                TASK_WATCHDOG_LOG "CPU 0: %s\n" TASK_WATCHDOG_LOG "Aborting.\n",
                now_ms, now_ms, now_ms, now_ms, pcTaskGetName(NULL), now_ms);
    abort_chip((place_t) { .pc = fault.pc }, ESP_RST_TASK_WDT);
}

/** abort() of the program, by the linker's --wrap. */
void __wrap_abort(void) __attribute__((noreturn));
void __wrap_abort(void)
{
    enter_panic();
    abort_chip(RETURN_PLACE, ESP_RST_PANIC);
}

/** abort() from within the host's C library, or asked for by the board. */
static void on_abort(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    enter_panic();
    abort_chip((place_t) { .pc = read_fault(context).pc }, ESP_RST_PANIC);
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
    abort_chip(RETURN_PLACE, ESP_RST_PANIC);
}

/** What assert() of the host's C library calls; in ESP-IDF's words. */
void __assert_fail(const char *expression, const char *file, unsigned int line, const char *function)
{
    const char *slash = strrchr(file, '/');
    enter_panic();
    panic_print("\nassert failed: %s %s:%u (%s)\n", function, slash == NULL ? file : slash + 1, line, expression);
    print_backtrace(RETURN_PLACE, (uintptr_t)__builtin_frame_address(0));
    reset_chip(ESP_RST_PANIC);
}

void host_error_check_failed(esp_err_t code, const char *file, int line, const char *function, const char *expression)
{
    place_t caller = RETURN_PLACE;
    enter_panic();
    panic_print("ESP_ERROR_CHECK failed: esp_err_t 0x%x (%s) at 0x%08lx\n", code, esp_err_to_name(code),
                address_of(caller) & 0xffffffff);
    panic_print("file: \"%s\" line %d\nfunc: %s\nexpression: %s\n", file, line, function, expression);
    abort_chip(caller, ESP_RST_PANIC);
}

/** Signals by which the board asks for faults. */
static sigset_t fault_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGNAL_PANIC);
    sigaddset(&signals, SIGNAL_INTERRUPT_WATCHDOG);
    sigaddset(&signals, SIGNAL_TASK_WATCHDOG);
    sigaddset(&signals, SIGABRT);
    return signals;
}

void panic_expose_task(void)
{
    sigset_t signals = fault_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

void panic_shield_task(void)
{
    sigset_t signals = fault_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
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
    struct sigaction abortion = { .sa_sigaction = on_abort, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaction(SIGABRT, &abortion, NULL);

    struct sigaction asked = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaction(SIGNAL_PANIC, &asked, NULL);
    sigaction(SIGNAL_INTERRUPT_WATCHDOG, &asked, NULL);
    sigaction(SIGNAL_TASK_WATCHDOG, &asked, NULL);
    /* For the tasks: a fault asked for waits until there is one, and spares the threads that stand for hardware. */
    panic_shield_task();
}
