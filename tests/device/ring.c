// SPDX-License-Identifier: MIT
// The ring on a device: work done once each, in order, whatever the sizes; faults and refusals that
// stay with their slot.
#include "ring_support.h"

#include "megakernel/host/tenant.h"
#include "megakernel/program/layout.h"

#include <ftw.h>
#include <time.h>
#include <unistd.h>

static const char add_text[] = "workgroup 8\n"
                               "buffer out : u32[] readwrite @0\n"
                               "if lid.x == 0 {\n"
                               "    let before = atomic_add.relaxed(out[0], wid.x + 1)\n"
                               "}\n";

struct order {
    uint64_t next;
    unsigned counts[3];
};

static void expect_next(void *user, const struct vyre_completion *completion)
{
    struct order *order = user;
    assert_int_equal(completion->tag, order->next);
    order->next++;
    assert_in_range(completion->status, VYRE_WORK_DONE, VYRE_WORK_DENIED);
    order->counts[completion->status]++;
}

// ---- Sizes --------------------------------------------------------------------------------------

static void every_size_does_all_work_once_and_in_order(void **state)
{
    struct vyre_device *device = *state;
    enum { UNITS = 500 };
    static const struct {
        uint32_t slots, epochs, batch;
    } sizes[] = { { 2, 1, 1 }, { 2, 3, 0 }, { 4, 2, 3 }, { 64, 1, 64 }, { 64, 2, 0 }, { 0, 0, 0 } };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint32_t *words;
        struct vyre_buffer *out = test_buffer(device, UNITS * 4, &words);
        struct vyre_ring *ring = test_ring(device, add_text,
                                           (struct vyre_ring_params){
                                               .segments = &out,
                                               .segment_count = 1,
                                               .slot_count = sizes[s].slots,
                                               .epochs_in_flight = sizes[s].epochs,
                                               .claim_batch = sizes[s].batch,
                                           });
        struct vyre_work work[UNITS];
        for (uint32_t i = 0; i < UNITS; i++)
            work[i] = (struct vyre_work){
                .windows = { { .offset = i * 4, .size = 4 } },
                .workgroup_base = i % 7,
                .workgroup_count = i % 3,
                .tag = i,
            };
        struct order order = { 0 };
        test_run(ring, work, UNITS, expect_next, &order);
        assert_int_equal(order.counts[VYRE_WORK_DONE], UNITS);
        for (uint32_t i = 0; i < UNITS; i++)
            assert_int_equal(words[i], i % 7 + 1 + (i % 3 == 2 ? i % 7 + 2 : 0));
        struct vyre_ring_stats stats;
        vyre_ring_get_stats(ring, &stats);
        assert_int_equal(stats.slots_published, UNITS);
        assert_int_equal(stats.slots_retired, UNITS);
        assert_int_equal(stats.slots_faulted, 0);
        assert_true(stats.epochs > 0 && stats.longest_epoch_ns > 0 && stats.fuel > 0);
        vyre_ring_destroy(&ring);
        assert_null(ring);
        vyre_buffer_destroy(&out);
    }
}

static void an_idle_ring_submits_nothing(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    struct vyre_ring *ring = test_ring(
        device, add_text, (struct vyre_ring_params){ .segments = &out, .segment_count = 1 });
    struct vyre_completion completion;
    size_t count;
    for (int i = 0; i < 3; i++)
        assert_result(VYRE_DONE, vyre_ring_pump(ring, test_wait_ns, &completion, 1, &count));
    struct vyre_ring_stats stats;
    vyre_ring_get_stats(ring, &stats);
    assert_int_equal(stats.epochs, 0);
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&out);
}

static void a_full_ring_says_so_and_recycles(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    struct vyre_ring *ring = test_ring(
        device, add_text,
        (struct vyre_ring_params){ .segments = &out, .segment_count = 1, .slot_count = 4 });
    struct vyre_work work[5];
    for (uint32_t i = 0; i < 5; i++)
        work[i] = (struct vyre_work){ .windows = { { 0, 4 } }, .tag = i };
    for (int round = 0; round < 5; round++) {
        assert_result(VYRE_ERR_LIMIT, vyre_ring_publish(ring, work, 5));
        assert_result(VYRE_OK, vyre_ring_publish(ring, work, 3));
        assert_result(VYRE_FULL, vyre_ring_publish(ring, work, 2)); // all or none
        assert_result(VYRE_OK, vyre_ring_publish(ring, work + 3, 1));
        assert_result(VYRE_FULL, vyre_ring_publish(ring, work, 1));
        struct order order = { 0 };
        size_t taken = 0;
        while (taken < 4)
            test_take(ring, test_wait_ns, expect_next, &order, &taken);
        assert_int_equal(words[0], 4 * (round + 1));
    }
    // Publishing without room for completions is not lost either.
    assert_result(VYRE_OK, vyre_ring_publish(ring, work, 4));
    size_t count;
    assert_result(VYRE_OK, vyre_ring_pump(ring, test_wait_ns, NULL, 0, &count));
    assert_result(VYRE_FULL, vyre_ring_publish(ring, work, 1));
    size_t taken = 0;
    while (taken < 4)
        test_take(ring, test_wait_ns, NULL, NULL, &taken);
    assert_int_equal(words[0], 24);
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&out);
}

static void work_that_cannot_be_is_refused(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    struct vyre_ring *ring =
        test_ring(device,
                  "workgroup 8\n"
                  "buffer out : u32[4] readwrite @0\n"
                  "out[lid.x] = 1\n",
                  (struct vyre_ring_params){ .segments = &out, .segment_count = 1 });
    struct vyre_ring_stats stats;
    vyre_ring_get_stats(ring, &stats);
    const struct vyre_work bad[] = {
        { .windows = { { 2, 16 } } },
        { .windows = { { 0, 18 } } },
        { .windows = { { 0, 12 } } }, // the declaration asks for four elements
        { .windows = { { 64, 16 } } },
        { .windows = { { 52, 16 } } },
        { .windows = { { UINT64_MAX - 3, 16 } } },
        { .windows = { { 0, 16 } }, .tenant = 29 },
        { .windows = { { 0, 16 } }, .workgroup_count = stats.max_workgroups + 1 },
        { .windows = { { 0, 16 } }, .workgroup_base = UINT32_MAX / 8 + 1 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_publish(ring, &bad[i], 1));
    const struct vyre_work good = { .windows = { { 48, 16 } },
                                    .workgroup_base = UINT32_MAX / 8,
                                    .tenant = 28 };
    struct order order = { 0 };
    test_run(ring, &good, 1, expect_next, &order);
    for (int i = 0; i < 16; i++)
        assert_int_equal(words[i], i >= 12); // four lanes were out of the window
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&out);
}

// ---- Faults and refusals ------------------------------------------------------------------------

struct verdicts {
    struct vyre_completion items[64];
    size_t count;
};

static void keep(void *user, const struct vyre_completion *completion)
{
    struct verdicts *verdicts = user;
    verdicts->items[verdicts->count++] = *completion;
}

static void a_fault_stays_with_its_slot(void **state)
{
    struct vyre_device *device = *state;
    enum { UNITS = 48 };
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, UNITS * 8, &words);
    struct vyre_ring *ring = test_ring(
        device,
        "workgroup 8\n"
        "buffer job : u32[] readwrite @0\n"
        "if lid.x == 3 {\n"
        "    if job[0] == 1 { trap(5, \"planted\") }\n"
        "    if job[0] == 2 {\n"
        "        let i = 1\n"
        "        loop never in 0..0xffffffff { i = i * 3 }\n"
        "        job[1] = i\n"
        "        return\n"
        "    }\n"
        "    job[1] = 7\n"
        "}\n",
        (struct vyre_ring_params){ .segments = &out, .segment_count = 1, .slot_count = 16 });
    struct vyre_work work[UNITS];
    for (uint32_t i = 0; i < UNITS; i++) {
        words[2 * i] = i % 4;
        work[i] = (struct vyre_work){ .windows = { { i * 8, 8 } }, .tag = i };
    }
    struct verdicts verdicts = { .count = 0 };
    test_run(ring, work, UNITS, keep, &verdicts);
    assert_int_equal(verdicts.count, UNITS);
    static const uint32_t details[] = { MK_FAULT_NONE, MK_FAULT_TRAP, MK_FAULT_LOOP,
                                        MK_FAULT_NONE };
    for (uint32_t i = 0; i < UNITS; i++) {
        assert_int_equal(verdicts.items[i].tag, i);
        assert_int_equal(verdicts.items[i].detail, details[i % 4]);
        assert_int_equal(verdicts.items[i].status,
                         details[i % 4] ? VYRE_WORK_FAULT : VYRE_WORK_DONE);
        assert_int_equal(words[2 * i + 1], details[i % 4] ? 0 : 7);
    }
    struct vyre_ring_stats stats;
    vyre_ring_get_stats(ring, &stats);
    assert_int_equal(stats.slots_faulted, UNITS / 2);
    assert_result(VYRE_OK, vyre_device_status(device));
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&out);
}

static void a_denied_tenant_does_not_run(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 29 * 4, &words);
    struct vyre_ring *ring = test_ring(
        device, add_text,
        (struct vyre_ring_params){ .segments = &out, .segment_count = 1, .slot_count = 32 });
    assert_result(VYRE_OK, mk_ring_allow_tenant(ring, 5, false));
    assert_result(VYRE_OK, mk_ring_allow_tenant(ring, 28, false));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, mk_ring_allow_tenant(ring, 29, false));
    struct vyre_work work[29];
    for (uint32_t i = 0; i < 29; i++)
        work[i] = (struct vyre_work){ .windows = { { i * 4, 4 } }, .tenant = i, .tag = i };
    for (uint32_t round = 1; round <= 2; round++) {
        struct verdicts verdicts = { .count = 0 };
        test_run(ring, work, 29, keep, &verdicts);
        for (uint32_t i = 0; i < 29; i++) {
            const bool denied = i == 28 || (i == 5 && round == 1);
            assert_int_equal(verdicts.items[i].status, denied ? VYRE_WORK_DENIED : VYRE_WORK_DONE);
            assert_int_equal(verdicts.items[i].detail, 0);
            assert_int_equal(words[i], i == 28 ? 0 : i == 5 ? round - 1 : round);
        }
        assert_result(VYRE_OK, mk_ring_allow_tenant(ring, 5, true));
    }
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&out);
}

static void refused_payloads_and_parameters_say_why(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    struct vyre_program *program = test_program(add_text);
    struct vyre_ring *ring;
    static const struct {
        uint32_t slots, epochs;
        size_t segments;
    } bad[] = { { 3, 0, 1 }, { 1, 0, 1 }, { 131072, 0, 1 }, { 0, 4, 1 }, { 0, 0, 0 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct test_diags diags = { .size = 0 };
        assert_result(VYRE_ERR_INVALID_ARGUMENT,
                      vyre_ring_create(device,
                                       vyre_ring_params(.payload = program, .segments = &out,
                                                        .segment_count = bad[i].segments,
                                                        .slot_count = bad[i].slots,
                                                        .epochs_in_flight = bad[i].epochs,
                                                        .diag = test_diag_sink(&diags)),
                                       &ring));
        assert_non_null(strstr(diags.text, "M005"));
        assert_null(ring);
    }
    vyre_program_destroy(&program);
    program = test_program("workgroup 8\nbuffer out : u32[] readwrite @0\n"
                           "barrier grid_sync\nout[lid.x] = 1\n");
    struct test_diags diags = { .size = 0 };
    assert_result(
        VYRE_ERR_UNSUPPORTED,
        vyre_ring_create(device,
                         vyre_ring_params(.payload = program, .segments = &out, .segment_count = 1,
                                          .diag = test_diag_sink(&diags)),
                         &ring));
    assert_non_null(strstr(diags.text, "M001"));
    vyre_program_destroy(&program);
    vyre_buffer_destroy(&out);
}

static void what_is_missing_is_an_argument(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    struct vyre_program *program = test_program(add_text);
    const struct vyre_ring_params params = { .payload = program,
                                             .segments = &out,
                                             .segment_count = 1 };
    const struct vyre_work work = { .windows = { { 0, 4 } } };
    struct vyre_completion completion;
    size_t count = 1;
    struct vyre_ring *ring = NULL;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_create(NULL, &params, &ring));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_create(device, NULL, &ring));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_create(device, &params, NULL));
    assert_null(ring);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_publish(NULL, &work, 1));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_pump(NULL, 0, &completion, 1, &count));
    assert_int_equal(count, 0);

    ring = test_ring(device, add_text, params);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_publish(ring, NULL, 1));
    assert_result(VYRE_OK, vyre_ring_publish(ring, NULL, 0));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_pump(ring, 0, &completion, 1, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_pump(ring, 0, NULL, 1, &count));
    struct vyre_ring_stats stats = { .epochs = 1 };
    struct vyre_kernel_stats kernel = { .word_count = 1 };
    vyre_ring_get_stats(NULL, &stats);
    vyre_ring_get_kernel_stats(NULL, &kernel);
    assert_true(stats.epochs == 0 && kernel.word_count == 0);
    vyre_ring_get_stats(ring, NULL);
    vyre_ring_get_kernel_stats(ring, NULL);
    vyre_ring_destroy(&ring);
    vyre_ring_destroy(&ring);
    vyre_ring_destroy(NULL);
    vyre_program_destroy(&program);
    vyre_buffer_destroy(&out);
}

// ---- Payloads -----------------------------------------------------------------------------------

// Reverses each block of 64 words through workgroup memory and counts how often it saw it zeroed.
static const char reverse_text[] = "workgroup 64\n"
                                   "buffer from : u32[] readonly @0\n"
                                   "buffer to : u32[] readwrite @1\n"
                                   "shared tile : u32[80]\n"
                                   "let clean = tile[lid.x + 16]\n"
                                   "if gid.x >= len(from) { return }\n"
                                   "tile[lid.x] = from[gid.x] + clean\n"
                                   "barrier\n"
                                   "to[gid.x] = tile[63 - lid.x]\n";

// The same without leaving early, which a kernel with barriers may not do on its own yet.
static const char reverse_alone_text[] = "workgroup 64\n"
                                         "buffer from : u32[] readonly @0\n"
                                         "buffer to : u32[] readwrite @1\n"
                                         "shared tile : u32[80]\n"
                                         "let inside = gid.x < len(from)\n"
                                         "if inside { tile[lid.x] = from[gid.x] }\n"
                                         "barrier\n"
                                         "if inside { to[gid.x] = tile[63 - lid.x] }\n";

static void a_slot_does_what_a_dispatch_does(void **state)
{
    struct vyre_device *device = *state;
    enum { WORDS = 64 * 12 - 9, WINDOW = WORDS * 4, SHIFT = 256 };
    uint32_t *from, *alone, *resident;
    struct vyre_buffer *buffers[] = { test_buffer(device, WINDOW, &from),
                                      test_buffer(device, WINDOW, &alone),
                                      test_buffer(device, WINDOW + SHIFT, &resident) };
    for (uint32_t i = 0; i < WORDS; i++)
        from[i] = i * 2654435761u;
    struct vyre_kernel *kernel = test_kernel(device, reverse_alone_text, NULL);
    const struct vyre_argument arguments[] = { { buffers[0], 0, 0 }, { buffers[1], 0, 0 } };
    test_dispatch(kernel, arguments, 2, (const uint32_t[]){ 12, 1, 1 });

    struct vyre_buffer *const segments[] = { buffers[0], buffers[2] };
    struct vyre_ring *ring = test_ring(
        device, reverse_text,
        (struct vyre_ring_params){ .segments = segments, .segment_count = 2, .max_workgroups = 4 });
    struct vyre_work work[4];
    for (uint32_t i = 0; i < 4; i++)
        work[i] = (struct vyre_work){ .windows = { { 0, WINDOW }, { SHIFT, WINDOW } },
                                      .workgroup_base = i * 3,
                                      .workgroup_count = 3,
                                      .tag = i };
    struct order order = { 0 };
    test_run(ring, work, 4, expect_next, &order);
    assert_int_equal(order.counts[VYRE_WORK_DONE], 4);
    assert_memory_equal(alone, (uint8_t *)resident + SHIFT, WINDOW);
    for (int i = 0; i < SHIFT / 4; i++)
        assert_int_equal(resident[i], 0);
    vyre_ring_destroy(&ring);
    vyre_kernel_destroy(&kernel);
    for (int i = 0; i < 3; i++)
        vyre_buffer_destroy(&buffers[i]);
}

static void one_buffer_may_be_several_segments(void **state)
{
    struct vyre_device *device = *state;
    enum { BLOCKS = 64 };
    uint32_t *words;
    struct vyre_buffer *buffer = test_buffer(device, BLOCKS * 64 * 4, &words);
    for (uint32_t i = 0; i < BLOCKS / 2 * 64; i++)
        words[i] = i;
    struct vyre_buffer *const segments[] = { buffer, buffer };
    struct vyre_ring *ring =
        test_ring(device, reverse_text,
                  (struct vyre_ring_params){ .segments = segments, .segment_count = 2 });
    struct vyre_work work[BLOCKS / 2];
    for (uint32_t i = 0; i < BLOCKS / 2; i++)
        work[i] =
            (struct vyre_work){ .windows = { { i * 256, 256 }, { (i + BLOCKS / 2) * 256, 256 } },
                                .tag = i };
    struct order order = { 0 };
    test_run(ring, work, BLOCKS / 2, expect_next, &order);
    for (uint32_t i = 0; i < BLOCKS / 2 * 64; i++)
        assert_int_equal(words[BLOCKS / 2 * 64 + i], i / 64 * 64 + 63 - i % 64);
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&buffer);
}

static void windows_overlap_only_where_nobody_writes(void **state)
{
    struct vyre_device *device = *state;
    uint32_t *words;
    struct vyre_buffer *buffer = test_buffer(device, 1024, &words);
    struct vyre_buffer *const segments[] = { buffer, buffer, buffer };
    struct vyre_ring *ring = test_ring(
        device,
        "workgroup 1\n"
        "buffer one : u32[] readonly @0\n"
        "buffer two : u32[] readonly @1\n"
        "buffer sum : u32[] readwrite @2\n"
        "sum[0] = one[0] + two[0]\n",
        (struct vyre_ring_params){ .segments = segments, .segment_count = 3, .slot_count = 16 });
    words[0] = 20;
    words[1] = 1;
    const struct vyre_work bad[] = {
        { .windows = { { 0, 16 }, { 32, 16 }, { 0, 16 } } },
        { .windows = { { 0, 16 }, { 32, 16 }, { 12, 16 } } },
        { .windows = { { 0, 16 }, { 32, 16 }, { 28, 8 } } },
        { .windows = { { 0, 1024 }, { 0, 4 }, { 1020, 4 } } },
        { .windows = { { 64, 4 }, { 0, 4 }, { 32, 64 } } },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ring_publish(ring, &bad[i], 1));
    const struct vyre_work good[] = {
        { .windows = { { 0, 16 }, { 0, 16 }, { 16, 16 } }, .tag = 0 },
        { .windows = { { 0, 16 }, { 4, 16 }, { 20, 16 } }, .tag = 1 },
        { .windows = { { 0, 16 }, { 4, 4 }, { 8, 0 } }, .tag = 2 }, // nothing is not in anything
    };
    struct order order = { 0 };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        test_run(ring, &good[i], 1, expect_next, &order);
    assert_int_equal(words[4], 40);
    assert_int_equal(words[5], 21);
    assert_int_equal(words[2], 0);
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&buffer);
}

// ---- Sharing the device -------------------------------------------------------------------------

// Longer than an epoch of one slot takes, far shorter than the work in front of it.
static const uint64_t impatient_ns = 200ull * 1000 * 1000;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// A dispatch that takes at least four times as long as the ring is patient.
struct slow {
    struct vyre_kernel *kernel;
    struct vyre_buffer *buffer;
    uint32_t groups;
};

static struct slow slow_of(struct vyre_device *device)
{
    uint32_t *words;
    struct slow slow = {
        .kernel = test_kernel(device,
                              "workgroup 64\n"
                              "buffer out : u32[] readwrite @0\n"
                              "let x = gid.x\n"
                              "loop i in 0..900 {\n"
                              "    x = ((x * 1664525 + i) * 22695477 + 1) * 1103515245 + 12345\n"
                              "}\n"
                              "out[gid.x] = x\n",
                              NULL),
        .buffer = test_buffer(device, 4096, &words),
        .groups = 256,
    };
    const struct vyre_argument argument = { slow.buffer, 0, 0 };
    for (;;) {
        const uint64_t start = now_ns();
        test_dispatch(slow.kernel, &argument, 1, (const uint32_t[]){ slow.groups, 1, 1 });
        const uint64_t taken = now_ns() - start;
        if (taken >= 4 * impatient_ns || slow.groups > 30000)
            return slow;
        slow.groups *= 2;
    }
}

// An epoch that waits behind work of others is not late, whether the ring is pumped or destroyed.
static void work_of_others_in_front_is_no_hang(void **state)
{
    struct vyre_device *device = *state;
    struct slow slow = slow_of(device);
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    for (int destroyed = 0; destroyed < 2; destroyed++) {
        struct vyre_ring *ring = test_ring(device, add_text,
                                           (struct vyre_ring_params){
                                               .segments = &out,
                                               .segment_count = 1,
                                               .hang_timeout_ns = impatient_ns,
                                           });
        const struct vyre_argument argument = { slow.buffer, 0, 0 };
        struct vyre_ticket *ticket = NULL;
        assert_result(
            VYRE_OK, vyre_dispatch(slow.kernel,
                                   vyre_dispatch_params(.arguments = &argument, .argument_count = 1,
                                                        .grid = { slow.groups, 1, 1 }),
                                   &ticket));
        const struct vyre_work work = { .windows = { { 0, 4 } } };
        assert_result(VYRE_OK, vyre_ring_publish(ring, &work, 1));
        size_t taken = 0;
        test_take(ring, destroyed ? 0 : test_wait_ns, NULL, NULL, &taken);
        vyre_ring_destroy(&ring);
        assert_result(VYRE_OK, vyre_device_status(device));
        assert_true(destroyed || taken == 1);
        assert_int_equal(words[0], destroyed + 1); // nothing was abandoned
        assert_result(VYRE_OK, vyre_ticket_wait(ticket, test_wait_ns, NULL));
        vyre_ticket_destroy(&ticket);
    }
    vyre_buffer_destroy(&out);
    vyre_buffer_destroy(&slow.buffer);
    vyre_kernel_destroy(&slow.kernel);
}

// ---- Warm starts --------------------------------------------------------------------------------

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void a_warm_ring_lowers_nothing(void **state)
{
    struct vyre_device *device = *state;
    char directory[] = "/tmp/vyre-ring-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct vyre_cache *cache = NULL;
    assert_result(VYRE_OK, vyre_cache_open(vyre_cache_params(.directory = directory), &cache));
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    for (uint32_t start = 0; start < 3; start++) {
        struct vyre_ring *ring = test_ring(device, add_text,
                                           (struct vyre_ring_params){
                                               .segments = &out,
                                               .segment_count = 1,
                                               // The kernel is the same for every size of the ring.
                                               .slot_count = 8 << start,
                                               .cache = cache,
                                           });
        struct vyre_kernel_stats stats;
        vyre_ring_get_kernel_stats(ring, &stats);
        assert_int_equal(stats.module_cached, start > 0);
        assert_int_equal(stats.lower_ns > 0, start == 0);
        assert_true(stats.word_count > 0);
        const struct vyre_work work = { .windows = { { 0, 4 } } };
        struct order order = { 0 };
        test_run(ring, &work, 1, expect_next, &order);
        assert_int_equal(words[0], start + 1);
        vyre_ring_destroy(&ring);
    }
    vyre_buffer_destroy(&out);
    vyre_cache_close(&cache);
    assert_int_equal(nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

// ---- Fixture ------------------------------------------------------------------------------------

static int open_reduced_device(void **state)
{
    *state = test_device(&(const struct vyre_pretend){
        .no_timeline = true, .no_vulkan_memory_model = true, .loop_limit = 1000 });
    return 0;
}

#define tests_of(set_up)                                                                           \
    cmocka_unit_test_setup_teardown(every_size_does_all_work_once_and_in_order, set_up,            \
                                    test_device_tear_down),                                        \
        cmocka_unit_test_setup_teardown(an_idle_ring_submits_nothing, set_up,                      \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(a_full_ring_says_so_and_recycles, set_up,                  \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(work_that_cannot_be_is_refused, set_up,                    \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(a_fault_stays_with_its_slot, set_up,                       \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(a_denied_tenant_does_not_run, set_up,                      \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(refused_payloads_and_parameters_say_why, set_up,           \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(what_is_missing_is_an_argument, set_up,                    \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(a_slot_does_what_a_dispatch_does, set_up,                  \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(one_buffer_may_be_several_segments, set_up,                \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(windows_overlap_only_where_nobody_writes, set_up,          \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(work_of_others_in_front_is_no_hang, set_up,                \
                                        test_device_tear_down),                                    \
        cmocka_unit_test_setup_teardown(a_warm_ring_lowers_nothing, set_up, test_device_tear_down)

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = { tests_of(test_device_set_up),
                                        tests_of(open_reduced_device) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
