// SPDX-License-Identifier: MIT
// One planted fault per run. usage: planted FAULT
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared;

static void *write_shared(void *unused)
{
    for (int i = 0; i < 10000; i++)
        shared += i;
    return unused;
}

static void race(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, write_shared, NULL) != 0)
        exit(0);
    write_shared(NULL);
    pthread_join(thread, NULL);
}

static void touch(volatile char *bytes, volatile size_t at)
{
    bytes[at] = 1;
}

int main(int argc, char **argv)
{
    const char *fault = argc > 1 ? argv[1] : "";
    if (strcmp(fault, "heap_overflow") == 0) {
        char *bytes = malloc(8);
        touch(bytes, 8);
        free(bytes);
    } else if (strcmp(fault, "use_after_free") == 0) {
        char *bytes = malloc(8);
        free(bytes);
        touch(bytes, 0);
    } else if (strcmp(fault, "leak") == 0) {
        void *volatile lost = malloc(100);
        lost = NULL;
        (void)lost;
    } else if (strcmp(fault, "signed_overflow") == 0) {
        volatile int large = INT_MAX;
        printf("%d\n", large + 1);
    } else if (strcmp(fault, "misaligned") == 0) {
        static char bytes[16];
        volatile uintptr_t odd = (uintptr_t)bytes | 1;
        printf("%u\n", *(volatile uint32_t *)odd);
    } else if (strcmp(fault, "race") == 0) {
        race();
    } else {
        fprintf(stderr, "usage: planted FAULT\n");
    }
    return 0;
}
