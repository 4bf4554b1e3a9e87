// SPDX-License-Identifier: MIT
// The device's own subgroup instructions (vyre_target.full_subgroup_size) give what passing values
// through workgroup memory gives.
//
// A CPU's subgroups are narrower than the language's. So the language is narrowed to them
// (spv_trial.lanes), and both kinds of code run for it; that the second kind is right for 32 lanes
// is what subgroup.c compares with the interpreter. Sums in pairs of subgroups are left out where
// the driver has no clustered ones; tests/vendor compiles them.
#include "kernel_text.h"

#include "spirv/lower.h"

enum { WORDS = 512, GRID = 2 };

// 64 invocations in each workgroup, in several shapes. `l` is the linear local index, `g` a word of
// this invocation's own.
static const char *const shapes[] = { "64", "16 4", "32 1 2" };

static const struct {
    bool sums;
    const char *body;
} statements[] = {
    { true, "out[g] = subgroup_add(in[l])" },
    { true, "out[g] = subgroup_add(l) * 1000 + subgroup_add(subgroup_add(l) ^ l)" },
    { true, "let v = in[l]\nif l % 3 == 1 { return }\nbarrier\nout[g] = subgroup_add(v)" },
    { true, "let v = 1\nif l & 1 { return }\nv = 100\nbarrier\nout[g] = subgroup_add(v)" },
    { true, "loop i in 0..6 { out[g] += subgroup_add(i + l)\nif l % 6 == i { return } }" },
    { false, "out[g] = subgroup_ballot(in[l] & 1)" },
    { false, "out[g] = subgroup_ballot(in[l] % 3 == 0) ^ subgroup_ballot(l & 2) * 65536" },
    { false, "if l % 5 == 2 { out[g] = 9 }\nout[g] += subgroup_ballot(in[l] & 4)" },
    { false, "out[g] = subgroup_shuffle(in[l] + l, l ^ 1)" },
    { false, "out[g] = subgroup_shuffle(in[l], 3) + subgroup_shuffle(l, 2 - (l & 1))" },
    { false, "out[g] = subgroup_shuffle(in[l] + l, in[l] & 15)" },
    { false, "out[g] = subgroup_shuffle(l, 99) + subgroup_shuffle(l, 0xffffffff)" },
    { false, "out[g] = u32(subgroup_shuffle(f32(in[l] & 255), l & 3))" },
    { false, "out[g] = u32(subgroup_add(f32(in[l] & 255) * 0.1) * 1000.0)" },
    { false, "out[g] = subgroup_local_id() * 100 + subgroup_size()" },
    { false, "t[l] = l * 3\nbarrier\nlet a = t[l ^ 1]\nout[g] = subgroup_shuffle(a, 1) + t[l]" },
    { false, "if wid.x == 1 { out[g] = subgroup_ballot(l & 1) }" },
    // Who is who: each invocation writes its own word once.
    { false, "out[g] = subgroup_shuffle(lid.x * 65536 + lid.y * 256 + lid.z, l) + gid.x + gid.y" },
};

static struct vyre_program *make(size_t statement, const char *shape)
{
    unsigned x = 1, y = 1, z = 1;
    char text[900];
    sscanf(shape, "%u %u %u", &x, &y, &z);
    snprintf(text, sizeof text,
             "workgroup %s\nbuffer in : u32[64] readonly @0\nbuffer out : u32[%d] readwrite @1\n"
             "shared t : u32[64]\nlet l = lid.x + lid.y * %u + lid.z * %u\nlet g = l + wid.x * 64\n"
             "%s\n",
             shape, WORDS, x, x * y, statements[statement].body);
    return test_program(text);
}

static void run(struct vyre_device *device, const struct vyre_module *module, uint32_t *out)
{
    struct vyre_module_info info;
    vyre_module_reflect(module, &info);
    struct vyre_buffer *buffers[3] = { NULL };
    struct vk_range ranges[3];
    uint32_t bindings[3];
    const size_t count = info.binding_count + (info.fault_binding != UINT32_MAX);
    uint32_t *words[3];
    for (size_t i = 0; i < 3; i++) {
        void *map;
        assert_result(VYRE_OK, vyre_buffer_create(device, vyre_buffer_params(.size = WORDS * 4),
                                                  &buffers[i]));
        assert_result(VYRE_OK, vyre_buffer_map(buffers[i], &map));
        memset(map, 0, WORDS * 4);
        words[i] = map;
        bindings[i] = (uint32_t)i;
        ranges[i] = (struct vk_range){ buffers[i], 0, WORDS * 4 };
    }
    for (uint32_t i = 0; i < 64; i++)
        words[0][i] = i * 2654435761u >> 7;
    // Of a full workgroup all subgroups of this width are full, whether it is demanded or not.
    struct vk_pipeline_params params = { .bindings = bindings,
                                         .binding_count = count,
                                         .push_bytes = info.push_bytes };
    params.words = vyre_module_words(module, &params.word_count);
    uint32_t push[2 + VYRE_MODULE_MOST_DERIVED] = { 64 * 4, WORDS * 4 };
    vyre_module_derive(&info, push);
    struct vk_pipeline *pipeline = NULL;
    struct vk_bindings *set = NULL;
    struct vk_commands *commands = NULL;
    uint64_t point;
    assert_result(VYRE_OK, vk_pipeline_create(device, &params, &pipeline));
    assert_result(VYRE_OK, vk_bindings_create(pipeline, ranges, count, &set));
    assert_result(VYRE_OK, vk_commands_begin(device, &commands));
    vk_commands_dispatch(commands, pipeline, set, push, info.push_bytes, NULL,
                         (const uint32_t[]){ GRID, 1, 1 });
    assert_result(VYRE_OK, vk_commands_submit(&commands, &point));
    assert_result(VYRE_OK, vk_wait_or_hang(device, point, test_wait_ns));
    memcpy(out, words[1], WORDS * 4);
    vk_bindings_unref(&set);
    vk_pipeline_unref(&pipeline);
    for (size_t i = 0; i < 3; i++)
        vyre_buffer_destroy(&buffers[i]);
}

static struct vyre_module *lower(const struct vyre_program *program,
                                 const struct vyre_target *target, uint32_t lanes)
{
    struct vyre_module *module = NULL;
    struct test_diags diags = { .size = 0 };
    enum vyre_result result = spv_lower_trial(
        program, vyre_compile_params(.target = target, .diag = test_diag_sink(&diags)),
        &(const struct spv_trial){ .lanes = lanes }, &module);
    if (result)
        fail_msg("%s", diags.text);
    return module;
}

// `width` lanes of the device for each subgroup of `lanes`.
static void compare(struct vyre_device *device, uint32_t lanes, uint32_t width)
{
    struct vyre_target target;
    vyre_device_target(device, &target);
    target.full_subgroup_size = 0;
    struct vyre_target full = target;
    const bool clusters = target.subgroup_ops & VYRE_SUBGROUP_CLUSTERED;
    full.full_subgroup_size = width;
    full.subgroup_ops |= VYRE_SUBGROUP_CLUSTERED;
    full.subgroup_ops &= ~(uint32_t)VYRE_SUBGROUP_REUNITES;
    unsigned compared = 0;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++) {
            if (statements[i].sums && width != lanes && !clusters)
                continue;
            struct vyre_program *program = make(i, shapes[shape]);
            struct vyre_module *modules[2] = { lower(program, &target, lanes),
                                               lower(program, &full, lanes) };
            struct vyre_module_info info;
            vyre_module_reflect(modules[1], &info);
            assert_true(info.subgroup_size == width || !strstr(statements[i].body, "subgroup_") ||
                        strstr(statements[i].body, "subgroup_size"));
            uint32_t words[2][WORDS];
            run(device, modules[0], words[0]);
            run(device, modules[1], words[1]);
            for (size_t at = 0; at < WORDS; at++)
                if (words[0][at] != words[1][at])
                    fail_msg("%u of %u lanes, workgroup %s: word %zu is %u, not %u\n%s", lanes,
                             width, shapes[shape], at, words[1][at], words[0][at],
                             statements[i].body);
            vyre_module_destroy(&modules[0]);
            vyre_module_destroy(&modules[1]);
            vyre_program_destroy(&program);
            compared++;
        }
    }
    assert_true(compared >= 3 * 13);
}

static void instructions_give_what_memory_gives(void **state)
{
    struct vyre_target target;
    vyre_device_target(*state, &target);
    const uint32_t needed = VYRE_SUBGROUP_ARITHMETIC | VYRE_SUBGROUP_BALLOT | VYRE_SUBGROUP_SHUFFLE;
    const uint32_t width = target.subgroup_size;
    // A shape has rows of 16. Wide devices run subgroup.c with their instructions.
    if (width < 4 || width > 16 || (target.subgroup_ops & needed) != needed) {
        print_message("skipped: subgroups of %u\n", width);
        skip();
    }
    compare(*state, width, width);
}

static void two_subgroups_share_one_of_the_device(void **state)
{
    struct vyre_target target;
    vyre_device_target(*state, &target);
    const uint32_t needed = VYRE_SUBGROUP_BALLOT | VYRE_SUBGROUP_SHUFFLE;
    const uint32_t width = target.subgroup_size;
    if (width < 8 || width > 16 || (target.subgroup_ops & needed) != needed) {
        print_message("skipped: subgroups of %u\n", width);
        skip();
    }
    compare(*state, width / 2, width);
}

static int set_up(void **state)
{
    *state = test_device(NULL);
    return 0;
}

static int tear_down(void **state)
{
    struct vyre_device *device = *state;
    test_device_done(&device);
    return 0;
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_give_what_memory_gives),
        cmocka_unit_test(two_subgroups_share_one_of_the_device),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
