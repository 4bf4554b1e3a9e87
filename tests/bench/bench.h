// SPDX-License-Identifier: MIT
// What the benchmarks share: a clock, spreads, and how errors end a run. Header only, because each
// benchmark is one program.
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>
#include <stdlib.h>
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

#endif // BENCH_H
