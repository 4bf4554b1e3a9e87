// SPDX-License-Identifier: MIT
// Static bounds of loops, their cost, and the shapes that follow from a loop limit.
#include "bound.h"
#include "image.h"
#include "payloads.h"

#include "base/memory.h"

static void loops_have_the_bounds_that_their_text_gives(void **state)
{
    (void)state;
#define HEAD "workgroup 8 2\nbuffer to : u32[] readwrite @0\nlet n = to[0]\n"
    static const struct {
        const char *text;
        uint32_t bound;
    } cases[] = {
        { HEAD "loop i in 0..7 { }\n", 7 },
        { HEAD "loop i in 3..7 { }\n", 4 },
        { HEAD "loop i in 9..7 { }\n", 0 },
        { HEAD "loop i in 0..n { }\n", MK_UNBOUNDED },
        { HEAD "loop i in 0..len(to) { }\n", MK_UNBOUNDED },
        { HEAD "loop i in 0..min(n, 100) { }\n", 100 },
        { HEAD "loop i in 0..min(100, min(n, 40)) { }\n", 40 },
        { HEAD "loop i in n..n + 5 { }\n", 5 },
        { HEAD "loop i in n..5 + n { }\n", 5 },
        { HEAD "loop i in n..min(n + 5, len(to)) { }\n", 5 },
        { HEAD "loop i in n..n + min(to[1], 9) { }\n", 9 },
        { HEAD "loop i in n * 2..n * 2 + 3 { }\n", 3 },
        { HEAD "loop i in to[1]..to[1] + 3 { }\n", MK_UNBOUNDED }, // memory may have changed
        { HEAD "let end = n + 4\nloop i in n..end { }\n", 4 },
        { HEAD "let end = n + 4\nn = 0\nloop i in n..end { }\n", MK_UNBOUNDED },
        { HEAD "n = 3\nloop i in n..n + 4 { }\n", 4 },
        { HEAD "let end = 4\nend = n\nloop i in 0..end { }\n", MK_UNBOUNDED },
        { HEAD "loop i in 0..n % 16 { }\n", 15 },
        { HEAD "loop i in 0..n & 31 { }\n", 31 },
        { HEAD "loop i in 0..(n & 255) >> 4 { }\n", 15 },
        { HEAD "loop i in 0..(n & 255) / 10 + 1 { }\n", 26 },
        { HEAD "loop i in 0..lid.x { }\n", 7 },
        { HEAD "loop i in 0..lid.y * 4 { }\n", 4 },
        { HEAD "loop i in 0..select(n == 0, 5, 8) { }\n", 8 },
        { HEAD "loop i in 0..8388608 { }\n", 8388608 },
        { HEAD "loop i in 0..8388609 { }\n", MK_UNBOUNDED },
        { HEAD "loop i in 0..0xffffffff { }\n", MK_UNBOUNDED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vyre_program *program = image_parse(cases[i].text);
        struct mk_loops loops;
        assert_true(mk_loops_find(program, &loops));
        assert_int_equal(loops.count, 1);
        if (loops.items[0] != cases[i].bound)
            fail_msg("%s: bound %u, expected %u", cases[i].text, loops.items[0], cases[i].bound);
        mk_loops_fini(&loops);
        vyre_program_destroy(&program);
    }
}

static uint64_t passes(const char *text, uint32_t guard)
{
    struct vyre_program *program = image_parse(text);
    struct mk_loops loops;
    assert_true(mk_loops_find(program, &loops));
    struct ir_cost cost = mk_loops_cost(program, &loops, guard);
    mk_loops_fini(&loops);
    vyre_program_destroy(&program);
    return cost.passes;
}

static void costs_count_every_pass(void **state)
{
    (void)state;
    assert_int_equal(passes(HEAD, 9), 0);
    assert_int_equal(passes(HEAD "loop i in 0..4 { }\n", 9), 5);
    assert_int_equal(passes(HEAD "loop i in 0..n { }\n", 9), 10);
    // Both branches, and the pass that everybody makes through a loop that nobody enters.
    assert_int_equal(
        passes(HEAD "if n == 0 { loop i in 0..4 { } } else { loop i in 0..2 { } }\n", 9), 5 + 3);
    assert_int_equal(passes(HEAD "loop i in 0..4 { loop j in 0..2 { } }\n", 9),
                     4 * (1 + 3) + 1 + 1);
    assert_true(passes(HEAD "loop i in 0..8388608 { loop j in 0..8388608 { loop k in 0..8388608 "
                            "{ } } }\n",
                       9) == UINT64_MAX);
}

// The kernel's own text gives the bound that the plan promised.
static void every_shape_keeps_its_promise(void **state)
{
    (void)state;
    static const uint32_t limits[] = { 0, 400, 1000, 5000, 65535, 1 << 20 };
    for (size_t p = 0; p < PAYLOAD_COUNT; p++) {
        struct vyre_program *payload = image_parse(payloads[p].text);
        for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
            struct vyre_program *kernel = NULL;
            struct mk_shape shape;
            struct test_diags diags = { .size = 0 };
            enum vyre_result result = mk_fuse(
                payload,
                &(struct mk_fuse_params){ .loop_limit = limits[l], .diag = test_diag_sink(&diags) },
                &kernel, &shape);
            if (result == VYRE_ERR_LIMIT && limits[l] <= 1000) {
                assert_non_null(strstr(diags.text, "M004"));
                continue;
            }
            assert_result(VYRE_OK, result);
            struct mk_loops loops;
            assert_true(mk_loops_find(kernel, &loops));
            for (size_t i = 0; i < loops.count; i++)
                assert_true(loops.items[i] != MK_UNBOUNDED);
            struct ir_cost cost = mk_loops_cost(kernel, &loops, 0);
            if (cost.passes > shape.loop_bound)
                fail_msg("%s: %llu passes, promised %llu", payloads[p].name,
                         (unsigned long long)cost.passes, (unsigned long long)shape.loop_bound);
            if (limits[l])
                assert_true(shape.loop_bound < limits[l]);
            assert_true(shape.batch >= 1 && shape.steps >= 1 && shape.workgroups >= 1);
            mk_loops_fini(&loops);
            vyre_program_destroy(&kernel);
        }
        vyre_program_destroy(&payload);
    }
}

// A slot whose loops never end is a fault after about 2^20 passes where the device has no limit,
// and earlier where it has one.
static void a_runaway_slot_is_bounded(void **state)
{
    (void)state;
    static const char *const texts[] = {
        HEAD "loop i in 0..n { }\n",
        HEAD "loop i in 0..n { loop j in 0..n { } }\n",
        HEAD "loop i in 0..n { }\nloop i in 0..to[1] { }\nloop i in 0..to[2] { }\n",
        HEAD "loop i in 0..n { loop j in 0..1000 { } }\n",
    };
    static const uint32_t limits[] = { 0, 65535, 1u << 30 };
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        struct vyre_program *payload = image_parse(texts[t]);
        for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
            struct vyre_program *kernel = NULL;
            struct mk_shape shape;
            assert_result(VYRE_OK,
                          mk_fuse(payload, &(struct mk_fuse_params){ .loop_limit = limits[l] },
                                  &kernel, &shape));
            const uint64_t slot = passes(texts[t], shape.loop_guard) * shape.workgroups;
            assert_true(shape.loop_guard >= 16);
            assert_true(slot <= (limits[l] == 65535 ? 65535 / 4 : 1 << 20));
            if (limits[l] != 65535) // and no stricter than it has to be
                assert_true(slot >= 1 << 19);
            vyre_program_destroy(&kernel);
        }
        vyre_program_destroy(&payload);
    }
}

static void fusion_survives_every_failed_allocation(void **state)
{
    (void)state;
    struct vyre_program *payload = image_parse(payloads[9].text);
    const struct mk_fuse_params params = { .loop_limit = 65535 };
    struct vyre_program *kernel = NULL;
    struct mk_shape shape;
    uint64_t nth = 1;
    for (;; nth++) {
        memory_fail_nth(nth);
        enum vyre_result result = mk_fuse(payload, &params, &kernel, &shape);
        memory_fail_nth(0);
        if (result == VYRE_OK)
            break;
        assert_result(VYRE_ERR_NO_MEMORY, result);
        assert_null(kernel);
    }
    assert_true(nth > 10);
    vyre_program_destroy(&kernel);
    vyre_program_destroy(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_have_the_bounds_that_their_text_gives),
        cmocka_unit_test(costs_count_every_pass),
        cmocka_unit_test(every_shape_keeps_its_promise),
        cmocka_unit_test(a_runaway_slot_is_bounded),
        cmocka_unit_test(fusion_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
