// SPDX-License-Identifier: MIT
// Kernels in which every removed bounds check is made all the same: programs run as they do
// without, and an access that was wrongly said to lie inside is a fault, whatever it is.
#include "kernel_text.h"

#include "kernel/build.h"
#include "spirv/lower.h"

static enum vyre_result run(struct vyre_device *device, const char *text,
                            const struct spv_recheck *recheck, uint32_t *words,
                            struct test_diags *diags)
{
    struct vyre_program *program = test_program(text);
    struct vyre_kernel *kernel = NULL;
    const struct vyre_kernel_params params = { .program = program, .diag = test_diag_sink(diags) };
    assert_result(VYRE_OK, kernel_create(device, &params, recheck, &kernel));
    uint32_t *map;
    struct vyre_argument argument = { .buffer = test_buffer(device, 4 * 16, &map) };
    memset(map, 0, 4 * 16);
    struct vyre_ticket *ticket = NULL;
    assert_result(
        VYRE_OK,
        vyre_dispatch(kernel,
                      vyre_dispatch_params(.arguments = &argument, .argument_count = 1,
                                           .grid = { 2, 1, 1 }, .diag = test_diag_sink(diags)),
                      &ticket));
    enum vyre_result result = vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(diags));
    memcpy(words, map, 4 * 16);
    vyre_ticket_destroy(&ticket);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
    vyre_program_destroy(&program);
    return result;
}

// Whatever the analysis found, it says that all accesses are inside.
static enum ir_inside claim(void *user, const struct ir_expr *index, enum ir_inside found)
{
    (void)user;
    (void)index;
    (void)found;
    return IR_INSIDE_ALWAYS;
}

// Each has accesses that are outside, and which the analysis leaves checked: 32 invocations, 16
// elements.
static const char *const unproven[] = {
    "workgroup 16\nbuffer b : u32[] readwrite @0\nb[gid.x] = gid.x",
    "workgroup 16\nbuffer b : u32[] readwrite @0\nb[lid.x] = b[gid.x]",
    "workgroup 16\nbuffer b : u32[] readwrite @0\nlet x = atomic_add(b[gid.x], 1)",
    "workgroup 16\nbuffer b : u32[] readwrite @0\nlet x = atomic_load.relaxed(b[gid.x])",
    "workgroup 16\nbuffer b : u32[] readwrite @0\natomic_store.relaxed(b[gid.x], 7)",
    "workgroup 16\nbuffer b : u32[16] readwrite @0\nshared t : u32[16]\nt[gid.x] = 1\nbarrier\n"
    "b[lid.x] = t[lid.x]",
    "workgroup 16\nbuffer b : u32[16] readwrite @0\nshared t : u32[16]\nt[lid.x] = 1\nbarrier\n"
    "b[lid.x] = t[gid.x]",
    "workgroup 16\nbuffer b : u8[] readwrite @0\nb[gid.x * 4] = u8(1)",
    // Those that others left behind, and what they pass to each other.
    "workgroup 16\nbuffer b : u32[] readwrite @0\nif gid.x < 20 { return }\nb[gid.x] = 1",
    "workgroup 16\nbuffer b : u32[16] readwrite @0\nlet x = subgroup_add(b[gid.x])\nb[lid.x] = x",
};

static void an_unsound_fact_is_found(void **state)
{
    const struct spv_recheck planted = { .judge = claim };
    const struct spv_recheck honest = { .judge = NULL };
    for (size_t i = 0; i < sizeof unproven / sizeof *unproven; i++) {
        uint32_t words[16];
        struct test_diags diags = { .size = 0 };
        if (run(*state, unproven[i], &honest, words, &diags) != VYRE_OK)
            fail_msg("%s\n%s", unproven[i], diags.text);
        if (run(*state, unproven[i], &planted, words, &diags) != VYRE_ERR_FAULT)
            fail_msg("not found:\n%s", unproven[i]);
        assert_non_null(strstr(diags.text, "K010"));
        assert_non_null(strstr(diags.text, "a fault record of kind 256"));
    }
}

// Accesses that are all proven.
static const char proven[] = "workgroup 16\n"
                             "buffer b : u32[16] readwrite @0\n"
                             "shared t : u32[16]\n"
                             "t[lid.x] = lid.x * 3\n"
                             "barrier\n"
                             "if gid.x < len(b) {\n"
                             "    let old = atomic_add(b[gid.x], t[lid.x ^ 15])\n"
                             "}\n";

static void what_is_proven_runs_as_it_does_without(void **state)
{
    const struct spv_recheck honest = { .judge = NULL };
    uint32_t words[2][16];
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_OK, run(*state, proven, NULL, words[0], &diags));
    assert_result(VYRE_OK, run(*state, proven, &honest, words[1], &diags));
    assert_memory_equal(words[0], words[1], sizeof words[0]);
    assert_int_equal(words[1][2], 13 * 3);
    assert_int_equal(diags.count, 0);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unsound_fact_is_found),
        cmocka_unit_test(what_is_proven_runs_as_it_does_without),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
