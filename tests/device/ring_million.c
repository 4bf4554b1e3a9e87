// SPDX-License-Identifier: MIT
// A million slots through a ring of 4,096, each adding to its own word: nothing lost, nothing
// twice, whatever limit on loop iterations the driver has or a plan pretends.
#include "abandon.h"
#include "ring_support.h"

#include <stdlib.h>

enum { SLOTS = 1000000, RING = 4096, PART = 1024 };

static const char add_text[] = "workgroup 8\n"
                               "buffer out : u32[] readwrite @0\n"
                               "if lid.x == 0 { let before = atomic_add.relaxed(out[0], 1) }\n";

struct tally {
    uint8_t *seen; // by tag
    size_t twice;
    size_t not_done;
};

static void count(void *user, const struct vyre_completion *completion)
{
    struct tally *tally = user;
    tally->twice += completion->tag >= SLOTS || tally->seen[completion->tag]++ > 0;
    tally->not_done += completion->status != VYRE_WORK_DONE;
}

static void publish_part(struct vyre_ring *ring, uint32_t *next)
{
    struct vyre_work work[PART];
    while (*next < SLOTS) {
        uint32_t units = SLOTS - *next < PART ? SLOTS - *next : PART;
        for (uint32_t i = 0; i < units; i++)
            work[i] = (struct vyre_work){ .windows = { { (*next + i) * UINT64_C(4), 4 } },
                                          .tag = *next + i };
        enum vyre_result result = vyre_ring_publish(ring, work, units);
        if (result == VYRE_FULL)
            return;
        assert_result(VYRE_OK, result);
        *next += units;
    }
}

static void a_million_slots(const struct vyre_pretend *pretend)
{
    struct vyre_device *device = NULL;
    assert_result(VYRE_OK, vyre_device_create(vyre_device_params(.pretend = pretend), &device));
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, SLOTS * UINT64_C(4), &words);
    struct vyre_ring *ring = test_ring(
        device, add_text,
        (struct vyre_ring_params){ .segments = &out, .segment_count = 1, .slot_count = RING });
    struct tally tally = { .seen = calloc(SLOTS, 1) };
    assert_non_null(tally.seen);
    size_t taken = 0;
    for (uint32_t next = 0; taken < SLOTS;) {
        publish_part(ring, &next);
        size_t before = taken;
        test_take(ring, test_wait_ns, count, &tally, &taken);
        assert_true(taken > before);
    }
    struct vyre_ring_stats stats;
    vyre_ring_get_stats(ring, &stats);
    print_message("loop limit %u: %llu epochs, %u slots of fuel, longest epoch %.1f ms\n",
                  stats.loop_limit, (unsigned long long)stats.epochs, stats.fuel,
                  (double)stats.longest_epoch_ns / 1e6);
    if (pretend)
        assert_int_equal(stats.loop_limit, pretend->loop_limit);
    assert_int_equal(tally.twice, 0);
    assert_int_equal(tally.not_done, 0);
    assert_int_equal(stats.slots_retired, SLOTS);
    size_t wrong = 0;
    for (size_t i = 0; i < SLOTS; i++)
        wrong += words[i] != 1 || tally.seen[i] != 1;
    assert_int_equal(wrong, 0);
    free(tally.seen);
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&out);
    vyre_device_destroy(&device);
}

static void a_million_slots_under_the_drivers_limit(void **state)
{
    (void)state;
    a_million_slots(NULL);
}

static void a_million_slots_under_a_thousand_iterations(void **state)
{
    (void)state;
    a_million_slots(&(const struct vyre_pretend){ .loop_limit = 1000 });
}

// ---- Loops --------------------------------------------------------------------------------------

enum { LOOPS = 400, ITERATIONS = 3000 };

static const char loop_text[] = "workgroup 8\n"
                                "buffer out : u32[] readwrite @0\n"
                                "let sum = 0\n"
                                "loop i in 0..min(out[1], 3000) { sum = sum + (sum ^ i) % 7 + 1 }\n"
                                "if lid.x == 5 { out[0] = sum }\n";

// How many slots did not count to the end, or that the ring noticed it itself.
static size_t wrong_loops(const struct vyre_pretend *pretend, uint32_t *loop_limit)
{
    struct vyre_device *device = NULL;
    assert_result(VYRE_OK, vyre_device_create(vyre_device_params(.pretend = pretend), &device));
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, LOOPS * 8, &words);
    struct vyre_ring *ring = test_ring(
        device, loop_text,
        (struct vyre_ring_params){ .segments = &out, .segment_count = 1, .slot_count = 512 });
    struct vyre_ring_stats stats;
    vyre_ring_get_stats(ring, &stats);
    *loop_limit = stats.loop_limit;
    struct vyre_work work[LOOPS];
    for (uint32_t i = 0; i < LOOPS; i++) {
        words[2 * i + 1] = ITERATIONS;
        work[i] = (struct vyre_work){ .windows = { { i * 8, 8 } } };
    }
    assert_result(VYRE_OK, vyre_ring_publish(ring, work, LOOPS));
    enum vyre_result result = VYRE_OK;
    while (result >= 0 && result != VYRE_DONE) {
        struct vyre_completion completions[64];
        size_t count;
        result = vyre_ring_pump(ring, test_wait_ns, completions, 64, &count);
    }
    uint32_t expected = 0;
    for (uint32_t i = 0; i < ITERATIONS; i++)
        expected += (expected ^ i) % 7 + 1;
    size_t wrong = result < 0;
    for (size_t i = 0; i < LOOPS; i++)
        wrong += words[2 * i] != expected;
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&out);
    vyre_device_destroy(&device);
    return wrong;
}

static void loops_of_slots_are_never_cut_short(void **state)
{
    (void)state;
    uint32_t limit;
    assert_int_equal(wrong_loops(NULL, &limit), 0);
    if (limit == 0)
        return;
    // The same without the care that is taken: this driver does end loops, and it shows.
    uint32_t pretended;
    const struct vyre_pretend careless = { .loop_limit = 1u << 30 };
    assert_true(wrong_loops(&careless, &pretended) > 0);
    assert_int_equal(pretended, careless.loop_limit);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_slots_under_the_drivers_limit),
        cmocka_unit_test(a_million_slots_under_a_thousand_iterations),
        cmocka_unit_test(loops_of_slots_are_never_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
