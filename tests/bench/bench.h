// SPDX-License-Identifier: MIT
// What the benchmarks share: a clock, spreads, and how errors end a run. Header only, because each
// benchmark is one program.
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vyre/vyre.h>

enum { BENCH_MOST_ROUNDS = 99 };

static inline void bench_emit(void *user, const struct vyre_diag *diag)
{
    char text[1000];
    (void)user;
    vyre_diag_format(diag, text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

static const struct vyre_diag_sink bench_sink = { bench_emit, NULL };

// Ends the run when `result` is an error; with 77, which test runners take for "skipped", when
// there is no device.
static inline void bench_check(enum vyre_result result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, vyre_result_name(result));
    exit(result == VYRE_ERR_NO_DEVICE ? 77 : 1);
}

// Seconds.
static inline double bench_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// Seconds of processor time of this thread: for work that neither waits nor starts threads, because
// other processes do not count.
static inline double bench_cpu_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

struct bench_spread {
    double median, low, high;
};

static inline int bench_compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// Sorts the values.
static inline struct bench_spread bench_spread(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, bench_compare);
    return (struct bench_spread){ values[count / 2], values[0], values[count - 1] };
}

// "name": {"median": m, "low": l, "high": h}
static inline void bench_print_json(const char *name, struct bench_spread spread)
{
    printf("\"%s\": {\"median\": %.6g, \"low\": %.6g, \"high\": %.6g}", name, spread.median,
           spread.low, spread.high);
}

// Options of those that measure programs of several sizes.
enum { BENCH_MOST_SIZES = 8 };

struct bench_options {
    uint32_t sizes[BENCH_MOST_SIZES]; // statements
    int size_count;
    int rounds;
    bool json;
};

// Reads a command line; ends the process with 2 and the usage when it cannot.
static inline struct bench_options bench_read_options(const char *name, int argc, char **argv)
{
    struct bench_options options = { .sizes = { 100, 1000, 10000, 100000 }, .rounds = 9 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            options.json = true;
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            options.rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--statements") == 0 && i + 1 < argc &&
                 options.size_count < BENCH_MOST_SIZES)
            options.sizes[options.size_count++] = (uint32_t)strtoul(argv[++i], NULL, 10);
        else
            options.rounds = 0;
    }
    if (options.size_count == 0)
        options.size_count = 4;
    for (int i = 0; i < options.size_count; i++)
        if (options.sizes[i] < 1 || options.sizes[i] > 100000)
            options.rounds = 0;
    if (options.rounds >= 1 && options.rounds <= BENCH_MOST_ROUNDS)
        return options;
    fprintf(stderr, "usage: %s [--json] [--rounds 1..%d] [--statements 1..100000]...\n", name,
            BENCH_MOST_ROUNDS);
    exit(2);
}

#endif // BENCH_H
