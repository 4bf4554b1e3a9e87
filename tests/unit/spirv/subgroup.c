// SPDX-License-Identifier: MIT
// Subgroup operations pass values through workgroup memory where they have to, and only there.
#include "check.h"

#include "spirv/lower.h"

#include <spirv/unified1/spirv.h>

#define OUT "buffer out : u32[] readwrite @0\n"

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static unsigned barriers_in(const char *text)
{
    struct vyre_program *program = parse(text);
    check_everywhere(program);
    unsigned found = check_count(program, SpvOpControlBarrier);
    vyre_program_destroy(&program);
    return found;
}

static void values_are_passed_only_where_they_differ(void **state)
{
    (void)state;
    static const struct {
        unsigned barriers;
        const char *text;
    } cases[] = {
        { 2, "workgroup 64\n" OUT "out[gid.x] = subgroup_add(lid.x)" },
        { 2, "workgroup 33\n" OUT "out[gid.x] = subgroup_ballot(out[gid.x])" },
        { 2, "workgroup 5 5 5\n" OUT "out[gid.x] = subgroup_shuffle(lid.z, lid.x)" },
        { 4,
          "workgroup 64\n" OUT "out[gid.x] = subgroup_add(subgroup_add(lid.x) + lid.y + lid.x)" },
        { 2, "workgroup 33\n" OUT "let s = subgroup_add(f32(lid.x))\nout[0] = u32(s)" },
        { 0, "workgroup 33\n" OUT "let s = subgroup_add(f32(wid.x))\nout[0] = u32(s)" },
        { 2, "workgroup 64\n" OUT "out[0] = u32(subgroup_shuffle(f32(lid.x), 3))" },
        // All lanes have the same.
        { 0, "workgroup 64\n" OUT "out[gid.x] = subgroup_add(7) + subgroup_ballot(wid.y)" },
        { 0, "workgroup 40\n" OUT "if lid.x & 1 { out[gid.x] = subgroup_shuffle(3, lid.x) }" },
        { 0, "workgroup 40\n" OUT "out[subgroup_local_id()] = subgroup_size()" },
        { 2, "workgroup 32\n" OUT "out[gid.x] = subgroup_add(subgroup_add(lid.x))" },
        { 4, "workgroup 33\n" OUT "out[gid.x] = subgroup_add(subgroup_add(lid.x))" },
        // There are no others.
        { 0,
          "workgroup 1\n" OUT "out[gid.x] = subgroup_add(out[gid.x]) + subgroup_ballot(out[3])" },
        { 0, "workgroup 1 1 1\n" OUT "if out[1] { out[0] = subgroup_shuffle(out[5], out[2]) }" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned found = barriers_in(cases[i].text);
        if (found != cases[i].barriers)
            fail_msg("%u barriers, expected %u\n%s", found, cases[i].barriers, cases[i].text);
    }
}

// Where the device's subgroups are full nothing is passed through memory, and no barrier is needed.
static void full_subgroups_need_no_memory(void **state)
{
    (void)state;
    static const char sum[] = "out[gid.x] = subgroup_add(lid.x)";
    static const char float_sum[] = "out[gid.x] = u32(subgroup_add(f32(lid.x)))";
    static const char ballot[] = "out[lid.y + lid.z] = subgroup_ballot(lid.x & 1)";
    static const char shuffle[] = "out[gid.x] = subgroup_shuffle(lid.x, 40)";
    static const struct {
        uint32_t width;
        bool full;
        SpvOp op;
        unsigned count;
        const char *size, *body;
    } cases[] = {
        { 32, true, SpvOpGroupNonUniformIAdd, 1, "64", sum },
        { 64, true, SpvOpGroupNonUniformIAdd, 1, "64", sum },
        { 32, true, SpvOpGroupNonUniformBallot, 1, "32 3", ballot },
        { 64, true, SpvOpGroupNonUniformBallot, 1, "64 1 2", ballot },
        { 32, true, SpvOpGroupNonUniformShuffle, 1, "96", shuffle },
        { 32, true, SpvOpGroupNonUniformBroadcast, 32, "32", float_sum },
        { 64, true, SpvOpGroupNonUniformShuffle, 32, "64", float_sum },
        // Some subgroups of these would not be full.
        { 32, false, SpvOpGroupNonUniformIAdd, 0, "33", sum },
        { 64, false, SpvOpGroupNonUniformIAdd, 0, "96", sum },
        { 32, false, SpvOpGroupNonUniformIAdd, 0, "16 4", sum },
        // These are neither one nor two of the language's.
        { 16, false, SpvOpGroupNonUniformIAdd, 0, "64", sum },
        { 128, false, SpvOpGroupNonUniformIAdd, 0, "128", sum },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "workgroup %s\n" OUT "%s", cases[i].size, cases[i].body);
        struct vyre_program *program = parse(text);
        struct vyre_target target;
        check_target(&target, 2, 1);
        target.full_subgroup_size = cases[i].width;
        for (uint32_t lacking = 0; lacking <= 16; lacking = lacking ? lacking * 2 : 1) {
            // Clustered sums are for pairs, others for single ones.
            const bool needed = lacking != (cases[i].width == 64 ? VYRE_SUBGROUP_ARITHMETIC
                                                                 : VYRE_SUBGROUP_CLUSTERED);
            const bool full = cases[i].full && !(lacking && needed);
            target.subgroup_ops = 31 & ~lacking;
            struct vyre_module *module = NULL;
            struct vyre_module_info info;
            size_t count;
            assert_result(VYRE_OK,
                          vyre_compile(program, vyre_compile_params(.target = &target), &module));
            const uint32_t *words = vyre_module_words(module, &count);
            vyre_module_reflect(module, &info);
            assert_null(check_words(target.env, words, count));
            assert_int_equal(info.subgroup_size, full ? cases[i].width : 0);
            assert_int_equal(check_count_words(words, count, cases[i].op),
                             full ? cases[i].count : 0);
            assert_int_equal(check_count_words(words, count, SpvOpControlBarrier), full ? 0 : 2);
            assert_int_equal(info.workgroup_memory == 0, full);
            vyre_module_destroy(&module);
        }
        vyre_program_destroy(&program);
    }
}

static enum vyre_result narrow(const char *text, uint32_t lanes, uint32_t *memory)
{
    struct vyre_target target;
    struct vyre_program *program = parse(text);
    struct vyre_module *module;
    struct vyre_module_info info = { 0 };
    check_target(&target, 2, 1);
    target.full_subgroup_size = 0;
    enum vyre_result result = spv_lower_trial(program, vyre_compile_params(.target = &target),
                                              &(const struct spv_trial){ .lanes = lanes }, &module);
    if (!result)
        vyre_module_reflect(module, &info);
    *memory = info.workgroup_memory;
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
    return result;
}

// Subgroups that a test narrows are narrow everywhere: two of them may take different branches, and
// the last one lacks fewer lanes.
static void narrowed_subgroups_are_as_many_as_they_are(void **state)
{
    (void)state;
    static const char branch[] = "workgroup 8\n" OUT "if subgroup_add(lid.x) > 9 {\n"
                                 "out[lid.x] = subgroup_ballot(lid.x & 1)\n}";
    static const char part[] = "workgroup 6\n" OUT "out[lid.x] = subgroup_add(lid.x)";
    uint32_t memory;
    assert_result(VYRE_OK, narrow(branch, 0, &memory));
    assert_result(VYRE_OK, narrow(branch, 8, &memory));
    assert_result(VYRE_ERR_UNSUPPORTED, narrow(branch, 4, &memory));
    assert_result(VYRE_OK, narrow(part, 0, &memory));
    assert_int_equal(memory, 32 * 4);
    assert_result(VYRE_OK, narrow(part, 4, &memory));
    assert_int_equal(memory, 8 * 4);
}

static unsigned masks_in(const char *value)
{
    char text[300];
    snprintf(text, sizeof text,
             "workgroup 32\n" OUT "if lid.x == 3 {\nlet i = 43\nout[40] = i\nreturn\n}\n"
             "loop i in 0..8 {\nout[lid.x] = %s\n}",
             value);
    struct vyre_program *program = parse(text);
    check_everywhere(program);
    unsigned found = check_count(program, SpvOpBitwiseAnd);
    vyre_program_destroy(&program);
    return found;
}

// What is passed for a lane that left is a copy of what had that name then, 43, which is no amount
// to shift by although the loop's counter is one.
static void shifts_by_what_a_lane_left_behind_are_masked(void **state)
{
    (void)state;
    assert_int_equal(masks_in("subgroup_add(1 << i)"), masks_in("subgroup_add(1 + i)") + 1);
    assert_int_equal(masks_in("subgroup_add(i) + (1 << i)"), masks_in("subgroup_add(i) + (1 + i)"));
}

static void expect(const char *code, const char *says, const char *text, uint32_t memory)
{
    struct vyre_target target;
    check_target(&target, 2, 1);
    target.max_workgroup_memory = memory;
    struct vyre_program *program = parse(text);
    struct test_diags diags = { 0 };
    struct vyre_module *module;
    enum vyre_result result = vyre_compile(
        program, vyre_compile_params(.target = &target, .diag = test_diag_sink(&diags)), &module);
    if (result != VYRE_ERR_UNSUPPORTED || diags.count != 1 || strncmp(diags.text, code, 4) != 0 ||
        !strstr(diags.text, says))
        fail_msg("%s: %s\n%s", vyre_result_name(result), diags.text, text);
    vyre_program_destroy(&program);
}

static void refusals(void **state)
{
    (void)state;
    expect("L020", "uniform", "workgroup 64\n" OUT "if lid.x { out[0] = subgroup_add(lid.x) }",
           16384);
    expect("L020", "uniform",
           "workgroup 64\n" OUT "loop i in 0..lid.x { let s = subgroup_ballot(lid.x == i) }",
           16384);
    expect("L005", "uniform",
           "workgroup 33\n" OUT "let s = subgroup_add(lid.x)\nlet n = 0\nif s { n = 1 }\n"
           "loop i in 0..2 { if n { region \"r\" { barrier } } }",
           16384);
    expect("L021", "atomic", "workgroup 64\n" OUT "out[1] = subgroup_add(atomic_add(out[0], 1))",
           16384);
    expect("L004", "SubgroupAdd",
           "workgroup 64\n" OUT "let s = subgroup_add(i32(lid.x))\nout[0] = 1", 16384);
    expect("L004", "SubgroupShuffle",
           "workgroup 64\n" OUT "let s = subgroup_shuffle(lid.x == 2, 3)\nout[0] = 1", 16384);
    // 40 words declared, and 64 for 33 lanes and those that the second subgroup lacks.
    static const char large[] =
        "workgroup 33\nshared t : u32[40]\n" OUT "t[lid.x] = 1\nout[0] = subgroup_add(t[lid.x])";
    expect("L009", "416 bytes of workgroup memory, its subgroup operations included", large, 415);
    struct vyre_target target;
    check_target(&target, 2, 1);
    target.max_workgroup_memory = 416;
    struct vyre_program *program = parse(large);
    struct vyre_module *module;
    assert_result(VYRE_OK, vyre_compile(program, vyre_compile_params(.target = &target), &module));
    struct vyre_module_info info;
    vyre_module_reflect(module, &info);
    assert_int_equal(info.workgroup_memory, 416);
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
}

// A barrier may depend on what a workgroup of one subgroup voted.
static void one_subgroup_is_uniform(void **state)
{
    (void)state;
    static const char text[] = "workgroup 32\n" OUT "let any = subgroup_ballot(out[gid.x])\n"
                               "let n = 0\nif any { n = 1 }\nif n { region \"r\" { out[0] = 1 } }\n"
                               "loop i in 0..subgroup_add(lid.x) { out[i] = subgroup_add(lid.x) }";
    assert_int_equal(barriers_in(text), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_passed_only_where_they_differ),
        cmocka_unit_test(full_subgroups_need_no_memory),
        cmocka_unit_test(shifts_by_what_a_lane_left_behind_are_masked),
        cmocka_unit_test(narrowed_subgroups_are_as_many_as_they_are),
        cmocka_unit_test(refusals),
        cmocka_unit_test(one_subgroup_is_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
