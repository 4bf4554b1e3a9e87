// SPDX-License-Identifier: MIT
// Slots per second of a ring, for slots that do next to nothing, against one dispatch per unit of
// the same work.
//
// usage: ring_rate [--json] [--rounds N] [--slots N]
#include <stdbool.h>
#include <string.h>

#include "bench.h"

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

static void open_bench(struct bench *bench)
{
    bench_check(vyre_device_create(vyre_device_params(.diag = &bench_sink), &bench->device),
                "device");
    bench_check(
        vyre_program_parse(add_text, sizeof add_text - 1, "add", &bench_sink, &bench->program),
        "program");
    bench_check(
        vyre_kernel_create(bench->device,
                           vyre_kernel_params(.program = bench->program, .diag = &bench_sink),
                           &bench->kernel),
        "kernel");
    bench_check(vyre_buffer_create(bench->device,
                                   vyre_buffer_params(.size = bench->slots * UINT64_C(4)),
                                   &bench->out),
                "buffer");
    bench_check(vyre_ring_create(bench->device,
                                 vyre_ring_params(.payload = bench->program,
                                                  .segments = &bench->out, .segment_count = 1,
                                                  .slot_count = RING_SLOTS, .diag = &bench_sink),
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
    const double start = bench_now();
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
            bench_check(result, "publish");
            if (result != VYRE_OK)
                break;
            published += count;
        }
        size_t count = 0;
        bench_check(vyre_ring_pump(bench->ring, 10000000000u, completions, PART, &count), "pump");
        taken += (uint32_t)count;
    }
    return bench->slots / (bench_now() - start);
}

static void wait_for(struct vyre_ticket **ticket)
{
    bench_check(vyre_ticket_wait(*ticket, 10000000000u, &bench_sink), "wait");
    vyre_ticket_destroy(ticket);
}

static double dispatch_rate(struct bench *bench)
{
    const uint32_t count = bench->slots / BASELINE_SHARE + 1;
    const struct vyre_argument argument = { bench->out, 0, 256 };
    struct vyre_ticket *tickets[IN_FLIGHT] = { NULL };
    const double start = bench_now();
    for (uint32_t i = 0; i < count; i++) {
        struct vyre_ticket **ticket = &tickets[i % IN_FLIGHT];
        if (*ticket)
            wait_for(ticket);
        bench_check(vyre_dispatch(bench->kernel,
                                  vyre_dispatch_params(.arguments = &argument, .argument_count = 1,
                                                       .grid = { 1, 1, 1 }, .diag = &bench_sink),
                                  ticket),
                    "dispatch");
    }
    for (int i = 0; i < IN_FLIGHT; i++)
        if (tickets[i])
            wait_for(&tickets[i]);
    return count / (bench_now() - start);
}

// ---- Results ------------------------------------------------------------------------------------

static void print(const struct bench *bench, const struct bench_spread *ring,
                  const struct bench_spread *dispatch, bool json)
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
    if (rounds < 1 || rounds > BENCH_MOST_ROUNDS || bench.slots < 64) {
        fprintf(stderr, "usage: ring_rate [--json] [--rounds 1..99] [--slots 64..]\n");
        return 2;
    }
    open_bench(&bench);
    double ring[BENCH_MOST_ROUNDS], dispatch[BENCH_MOST_ROUNDS];
    (void)ring_rate(&bench); // the quota finds its size
    for (int i = 0; i < rounds; i++) {
        ring[i] = ring_rate(&bench);
        dispatch[i] = dispatch_rate(&bench);
    }
    const struct bench_spread rings = bench_spread(ring, rounds);
    const struct bench_spread dispatches = bench_spread(dispatch, rounds);
    print(&bench, &rings, &dispatches, json);
    close_bench(&bench);
    return 0;
}
