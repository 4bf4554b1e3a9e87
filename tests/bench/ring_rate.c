// SPDX-License-Identifier: MIT
// Slots per second of a ring, for slots that do next to nothing, against one dispatch per unit of
// the same work.
//
// usage: ring_rate [--json] [--rounds N] [--slots N]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vyre/vyre.h>

enum { RING_SLOTS = 4096, PART = 1024, BASELINE_SHARE = 200, IN_FLIGHT = 64 };

static const char add_text[] = "workgroup 8\n"
                               "buffer out : u32[] readwrite @0\n"
                               "if lid.x == 0 { let before = atomic_add.relaxed(out[0], 1) }\n";

struct bench {
    struct vyre_device *device;
    struct vyre_program *program;
    struct vyre_kernel *kernel;
    struct vyre_buffer *out;
    struct vyre_ring *ring;
    uint32_t slots;
};

static void emit(void *user, const struct vyre_diag *diag)
{
    char text[1000];
    (void)user;
    vyre_diag_format(diag, text, sizeof text);
    fprintf(stderr, "%s\n", text);
}

static const struct vyre_diag_sink sink = { emit, NULL };

static void check(enum vyre_result result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, vyre_result_name(result));
    exit(result == VYRE_ERR_NO_DEVICE ? 77 : 1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void open_bench(struct bench *bench)
{
    check(vyre_device_create(vyre_device_params(.diag = &sink), &bench->device), "device");
    check(vyre_program_parse(add_text, sizeof add_text - 1, "add", &sink, &bench->program),
          "program");
    check(vyre_kernel_create(bench->device,
                             vyre_kernel_params(.program = bench->program, .diag = &sink),
                             &bench->kernel),
          "kernel");
    check(vyre_buffer_create(bench->device, vyre_buffer_params(.size = bench->slots * UINT64_C(4)),
                             &bench->out),
          "buffer");
    check(vyre_ring_create(bench->device,
                           vyre_ring_params(.payload = bench->program, .segments = &bench->out,
                                            .segment_count = 1, .slot_count = RING_SLOTS,
                                            .diag = &sink),
                           &bench->ring),
          "ring");
}

static void close_bench(struct bench *bench)
{
    vyre_ring_destroy(&bench->ring);
    vyre_buffer_destroy(&bench->out);
    vyre_kernel_destroy(&bench->kernel);
    vyre_program_destroy(&bench->program);
    vyre_device_destroy(&bench->device);
}

static double ring_rate(struct bench *bench)
{
    const double start = now();
    static struct vyre_completion completions[PART];
    static struct vyre_work work[PART];
    uint32_t published = 0;
    for (uint32_t taken = 0; taken < bench->slots;) {
        while (published < bench->slots) {
            uint32_t count = bench->slots - published < PART ? bench->slots - published : PART;
            for (uint32_t i = 0; i < count; i++)
                work[i] = (struct vyre_work){ .windows = { { (published + i) * UINT64_C(4), 4 } },
                                              .tag = published + i };
            enum vyre_result result = vyre_ring_publish(bench->ring, work, count);
            check(result, "publish");
            if (result != VYRE_OK)
                break;
            published += count;
        }
        size_t count = 0;
        check(vyre_ring_pump(bench->ring, 10000000000u, completions, PART, &count), "pump");
        taken += (uint32_t)count;
    }
    return bench->slots / (now() - start);
}

static void wait_for(struct vyre_ticket **ticket)
{
    check(vyre_ticket_wait(*ticket, 10000000000u, &sink), "wait");
    vyre_ticket_destroy(ticket);
}

static double dispatch_rate(struct bench *bench)
{
    const uint32_t count = bench->slots / BASELINE_SHARE + 1;
    const struct vyre_argument argument = { bench->out, 0, 256 };
    struct vyre_ticket *tickets[IN_FLIGHT] = { NULL };
    const double start = now();
    for (uint32_t i = 0; i < count; i++) {
        struct vyre_ticket **ticket = &tickets[i % IN_FLIGHT];
        if (*ticket)
            wait_for(ticket);
        check(vyre_dispatch(bench->kernel,
                            vyre_dispatch_params(.arguments = &argument, .argument_count = 1,
                                                 .grid = { 1, 1, 1 }, .diag = &sink),
                            ticket),
              "dispatch");
    }
    for (int i = 0; i < IN_FLIGHT; i++)
        if (tickets[i])
            wait_for(&tickets[i]);
    return count / (now() - start);
}

// ---- Results ------------------------------------------------------------------------------------

struct spread {
    double median, low, high;
};

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static struct spread spread_of(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return (struct spread){ values[count / 2], values[0], values[count - 1] };
}

static void print(const struct bench *bench, const struct spread *ring,
                  const struct spread *dispatch, bool json)
{
    struct vyre_device_info info;
    struct vyre_ring_stats stats;
    vyre_device_get_info(bench->device, &info);
    vyre_ring_get_stats(bench->ring, &stats);
    if (json) {
        printf("{\"bench\": \"ring_rate\", \"device\": \"%s\", \"slots\": %u, \"ring_slots\": %d, "
               "\"slots_per_second\": {\"median\": %.0f, \"low\": %.0f, \"high\": %.0f}, "
               "\"dispatches_per_second\": {\"median\": %.0f, \"low\": %.0f, \"high\": %.0f}, "
               "\"ratio\": %.2f, \"fuel\": %u, \"loop_limit\": %u, \"longest_epoch_ms\": %.2f}\n",
               info.name, bench->slots, RING_SLOTS, ring->median, ring->low, ring->high,
               dispatch->median, dispatch->low, dispatch->high, ring->median / dispatch->median,
               stats.fuel, stats.loop_limit, (double)stats.longest_epoch_ns / 1e6);
        return;
    }
    printf("device: %s\n", info.name);
    printf("ring of %d, %u slots: %.0f slots/s (%.0f to %.0f)\n", RING_SLOTS, bench->slots,
           ring->median, ring->low, ring->high);
    printf("one dispatch each: %.0f dispatches/s (%.0f to %.0f); the ring is %.1f times as fast\n",
           dispatch->median, dispatch->low, dispatch->high, ring->median / dispatch->median);
    printf("fuel %u slots, loop limit %u, longest epoch %.1f ms\n", stats.fuel, stats.loop_limit,
           (double)stats.longest_epoch_ns / 1e6);
}

int main(int argc, char **argv)
{
    enum { MOST_ROUNDS = 99 };
    struct bench bench = { .slots = 200000 };
    bool json = false;
    int rounds = 7;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--slots") == 0 && i + 1 < argc)
            bench.slots = (uint32_t)strtoul(argv[++i], NULL, 10);
        else
            rounds = 0;
    }
    if (rounds < 1 || rounds > MOST_ROUNDS || bench.slots < 64) {
        fprintf(stderr, "usage: ring_rate [--json] [--rounds 1..99] [--slots 64..]\n");
        return 2;
    }
    open_bench(&bench);
    double ring[MOST_ROUNDS], dispatch[MOST_ROUNDS];
    (void)ring_rate(&bench); // the quota finds its size
    for (int i = 0; i < rounds; i++) {
        ring[i] = ring_rate(&bench);
        dispatch[i] = dispatch_rate(&bench);
    }
    const struct spread rings = spread_of(ring, rounds);
    const struct spread dispatches = spread_of(dispatch, rounds);
    print(&bench, &rings, &dispatches, json);
    close_bench(&bench);
    return 0;
}
