// SPDX-License-Identifier: MIT
// Loops around the number of passes after which a driver ends them: the results are those of the
// interpreter, or the dispatch is a fault. Never anything else, silently.
#include "kernel_text.h"

#include <vyre/interpret.h>

enum { INPUTS = 8, MOST_INVOCATIONS = 8 };

// Of drivers that do not end loops: then every result must be right around this number, too.
static const uint32_t usual_limit = 65535;

// No compiler knows what this makes of x.
#define STEP "x = x + (i ^ x) % 7 + 1\n"

struct shape {
    const char *name;
    const char *head; // workgroup size and workgroup memory
    const char *body; // # is the number of iterations of its outermost loop
    uint32_t per;     // passes of one iteration of that loop, by the declared bounds
    uint32_t base;    // passes of everything else
    bool exact;       // the driver needs them all: beyond the limit there is no right result
};

// The input `n` holds its indices, except for the last word: that is 30000.
static const struct shape shapes[] = {
    { "single", "workgroup 1\n", "loop i in 0..# { " STEP "}\n", 1, 1, true },
    { "nested", "workgroup 1\n", "loop i in 0..# {\n    loop j in 0..min(n[2], 2) { " STEP "}\n}\n",
      4, 2, true },
    { "nested, shorter than declared", "workgroup 1\n",
      "loop i in 0..# {\n    loop j in 0..min(n[1], 2) { " STEP "}\n}\n", 4, 2, false },
    { "nested literal", "workgroup 1\n", "loop i in 0..# {\n    loop j in 0..3 { " STEP "}\n}\n", 5,
      2, false },
    { "three deep", "workgroup 1\n",
      "loop i in 0..# {\n    loop j in 0..min(n[2], 2) {\n"
      "        loop k in 0..min(n[1], 1) { " STEP "}\n    }\n}\n",
      9, 3, true },
    { "sequential", "workgroup 1\n",
      "loop i in 0..# { " STEP "}\nloop i in 0..min(n[7], 30000) { " STEP "}\n", 1, 30002, true },
    { "sequential in a loop", "workgroup 1\n",
      "loop i in 0..# {\n    loop j in 0..min(n[1], 1) { " STEP "}\n"
      "    loop k in 0..min(n[2], 1) { " STEP "}\n}\n",
      5, 3, true },
    { "never entered", "workgroup 1\n",
      "loop i in 0..# {\n    " STEP "    loop k in 5..min(n[2], 5) { " STEP "}\n}\n", 2, 2, true },
    { "never entered, many", "workgroup 1\n",
      "loop i in 0..# {\n    loop j in 0..min(n[1], 1) { " STEP "}\n"
      "    loop k in 5..min(n[2], 5) { " STEP "}\n    loop k in 6..min(n[3], 6) { " STEP "}\n}\n",
      5, 4, true },
    { "behind a condition", "workgroup 1\n",
      "loop i in 0..# {\n    if n[0] == 0 { " STEP "} else {\n"
      "        loop j in 5..min(n[2], 5) { " STEP "}\n    }\n}\n",
      2, 2, false },
    { "invocations that part", "workgroup 8\n",
      "loop i in 0..# {\n    loop j in 0..min(n[lid.x], 2) { " STEP "}\n}\n", 4, 2, true },
    { "invocations that leave", "workgroup 8\n",
      "if lid.x > 4 { return }\n"
      "loop i in 0..# {\n    loop j in 0..min(lid.x, 1) { " STEP "}\n}\n",
      3, 2, true },
    { "zeroing", "workgroup 1\nshared t : u32[4000]\n", "x = t[n[3]]\nloop i in 0..# { " STEP "}\n",
      1, 4002, true },
    { "zeroing of several", "workgroup 1\nshared t : u32[1000]\nshared u : u32[1000]\n",
      "x = t[n[3]] + u[n[2]]\nloop i in 0..# { " STEP "}\n", 1, 2003, true },
};

static struct vyre_outputs *interpret(const char *text, const uint32_t *n)
{
    const uint32_t zero[MOST_INVOCATIONS] = { 0 };
    const struct vyre_bytes inputs[2] = { { n, INPUTS * 4 }, { zero, sizeof zero } };
    struct vyre_program *program = test_program(text);
    struct test_diags diags = { .size = 0 };
    struct vyre_outputs *outputs = NULL;
    if (vyre_interpret(program,
                       vyre_interpret_params(.inputs = inputs, .input_count = 2,
                                             .grid = { 1, 1, 1 }, .diag = test_diag_sink(&diags)),
                       &outputs))
        fail_msg("interpreter: %s\n%s", diags.text, text);
    vyre_program_destroy(&program);
    return outputs;
}

static enum vyre_result run(struct vyre_device *device, const char *text, uint32_t loop_budget,
                            const uint32_t *n, uint32_t *out)
{
    struct vyre_program *program = test_program(text);
    struct vyre_kernel *kernel = NULL;
    assert_result(
        VYRE_OK,
        vyre_kernel_create(
            device, vyre_kernel_params(.program = program, .loop_budget = loop_budget), &kernel));
    uint32_t *words[2];
    struct vyre_argument arguments[2] = {
        { .buffer = test_buffer(device, INPUTS * 4, &words[0]) },
        { .buffer = test_buffer(device, MOST_INVOCATIONS * 4, &words[1]) },
    };
    memcpy(words[0], n, INPUTS * 4);
    memset(words[1], 0, MOST_INVOCATIONS * 4);
    struct vyre_ticket *ticket = NULL;
    assert_result(VYRE_OK,
                  vyre_dispatch(kernel,
                                vyre_dispatch_params(.arguments = arguments, .argument_count = 2,
                                                     .grid = { 1, 1, 1 }),
                                &ticket));
    struct test_diags diags = { .size = 0 };
    enum vyre_result result = vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(&diags));
    if (result == VYRE_ERR_FAULT)
        assert_memory_equal(diags.text, "K008", 4); // LOOP_LIMIT, not a trap
    memcpy(out, words[1], MOST_INVOCATIONS * 4);
    vyre_ticket_destroy(&ticket);
    vyre_buffer_destroy(&arguments[0].buffer);
    vyre_buffer_destroy(&arguments[1].buffer);
    vyre_kernel_destroy(&kernel);
    vyre_program_destroy(&program);
    return result;
}

struct sweep {
    struct vyre_device *device;
    uint32_t limit; // 0: the driver has none
    unsigned right;
    unsigned faults;
};

static void check(struct sweep *sweep, const struct shape *shape, uint32_t iterations)
{
    static const uint32_t n[INPUTS] = { 0, 1, 2, 3, 4, 5, 6, 30000 };
    const char *number = strchr(shape->body, '#');
    char text[800];
    snprintf(text, sizeof text,
             "%sbuffer n : u32[8] readonly @0\nbuffer out : u32[8] readwrite @1\n"
             "let x = 0\n%.*s%u%sout[gid.x] = x\n",
             shape->head, (int)(number - shape->body), shape->body, iterations, number + 1);
    uint32_t out[MOST_INVOCATIONS];
    const enum vyre_result result = run(sweep->device, text, 0, n, out);
    const uint64_t passes = (uint64_t)iterations * shape->per + shape->base;
    if (result == VYRE_ERR_FAULT) {
        sweep->faults++;
        if (!sweep->limit || passes + sweep->limit / 1024 <= sweep->limit)
            fail_msg("%s: %u iterations are a fault without need", shape->name, iterations);
        return;
    }
    assert_result(VYRE_OK, result);
    sweep->right++;
    struct vyre_outputs *outputs = interpret(text, n);
    const struct vyre_bytes expected = vyre_outputs_get(outputs, 0, NULL);
    assert_int_equal(expected.size, sizeof out);
    if (memcmp(expected.data, out, sizeof out) != 0)
        fail_msg("%s: %u iterations, %llu passes: %u is silently wrong", shape->name, iterations,
                 (unsigned long long)passes, out[0]);
    vyre_outputs_destroy(&outputs);
    // The last pass may be the one at which the driver ends the loop, or it may be saved.
    if (sweep->limit && shape->exact && passes > sweep->limit + (uint64_t)sweep->limit / 4)
        fail_msg("%s: %u iterations should exceed the limit: is the table wrong?", shape->name,
                 iterations);
}

static void loops_around_the_limit_are_right_or_faults(void **state)
{
    static const int deltas[] = { -700, -70, -64, -63, -62, -6, -5, -4, -3, -2,
                                  -1,   0,   1,   2,   3,   4,  5,  6,  70, 700 };
    // In sixteenths of the limit: where a count of iterations is below it, and one of passes not.
    static const uint32_t parts[] = { 12, 18, 20, 22, 24, 28, 32 };
    struct vyre_target target;
    struct sweep sweep = { .device = *state };
    vyre_device_target(sweep.device, &target);
    sweep.limit = target.loop_limit;
    const uint32_t limit = sweep.limit ? sweep.limit : usual_limit;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const struct shape *shape = &shapes[s];
        uint32_t last = 0;
        for (size_t d = 0; d < sizeof deltas / sizeof *deltas; d++) {
            const uint32_t passes = (uint32_t)((int)limit + deltas[d]);
            const uint32_t iterations = (passes - shape->base) / shape->per;
            if (iterations != last)
                check(&sweep, shape, iterations);
            last = iterations;
        }
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            const uint64_t passes = (uint64_t)limit * parts[p] / 16;
            check(&sweep, shape, (uint32_t)((passes - shape->base) / shape->per));
        }
    }
    print_message("limit %u: %u right, %u faults\n", sweep.limit, sweep.right, sweep.faults);
    assert_true(sweep.right > 50);
    if (sweep.limit)
        assert_true(sweep.faults > 50);
    else
        assert_int_equal(sweep.faults, 0);
}

static void a_loop_budget_ends_a_loop(void **state)
{
    struct vyre_device *device = *state;
    static const char text[] = "workgroup 1\nbuffer n : u32[8] readonly @0\n"
                               "buffer out : u32[8] readwrite @1\n"
                               "loop i in 0..n[1] { out[0] = out[0] + 1 }\n";
    uint32_t n[INPUTS] = { 0, 1000 };
    uint32_t out[MOST_INVOCATIONS];
    assert_result(VYRE_OK, run(device, text, 0, n, out));
    assert_int_equal(out[0], 1000);
    assert_result(VYRE_OK, run(device, text, 1000, n, out));
    assert_int_equal(out[0], 1000);
    assert_result(VYRE_ERR_FAULT, run(device, text, 999, n, out));
    n[1] = UINT32_MAX; // a loop that would outlive every watchdog
    assert_result(VYRE_ERR_FAULT, run(device, text, 1 << 20, n, out));
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_around_the_limit_are_right_or_faults),
        cmocka_unit_test(a_loop_budget_ends_a_loop),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
