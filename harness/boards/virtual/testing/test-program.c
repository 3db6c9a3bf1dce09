// A program for the tests of the virtual board: says what it was told, then does what each line on its console says.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *env(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "(unset)";
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("app baud=%s reason=%s ip=%s mac=%s pid=%d\r\n", env("VB_UART_BAUD"), env("VB_RESET_REASON"), env("VB_IP"),
           env("VB_MAC"), (int)getpid());
    printf("app boot_us=%s ppm=%s\r\n", env("VB_BOOT_US"), env("VB_CLOCK_PPM"));
    printf("I (0) main_task: Calling app_main()\r\n");

    char line[256];
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        if (strncmp(line, "exit ", 5) == 0) {
            return atoi(line + 5);
        } else if (strcmp(line, "crash") == 0) {
            raise(SIGSEGV);
        } else if (strncmp(line, "print ", 6) == 0) {
            for (int left = atoi(line + 6); left > 0;) {
                char digits[1000];
                int length = left < (int)sizeof(digits) ? left : (int)sizeof(digits);
                for (int i = 0; i < length; i++) {
                    digits[i] = '0' + i % 10;
                }
                fwrite(digits, 1, length, stdout);
                left -= length;
            }
        } else if (strcmp(line, "wifi") == 0) {
            printf("wifi ssid=%s password=%s dhcp=%s haste=%s\r\n", env("VB_AP_SSID"), env("VB_AP_PASSWORD"),
                   env("VB_AP_DHCP"), env("VB_WIFI_HASTE"));
        } else if (strcmp(line, "radio") == 0) {
            char heard[64];
            FILE *radio = fdopen(dup(atoi(env("VB_RADIO_FD"))), "r");
            setvbuf(radio, NULL, _IONBF, 0);
            if (fgets(heard, sizeof(heard), radio)) {
                printf("radio heard %.*s\r\n", (int)strcspn(heard, "\n"), heard);
            }
            fclose(radio);
        } else if (strcmp(line, "complain") == 0) {
            fprintf(stderr, "complaint\r\n");
        } else if (strcmp(line, "bytes") == 0) {
            for (int byte = 0; byte < 256; byte++) {
                putchar(byte);
            }
        } else {
            printf("echo %s\r\n", line);
        }
    }
    return 0;
}
