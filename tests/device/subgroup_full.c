// SPDX-License-Identifier: MIT
// The device's own subgroup instructions (vyre_target.full_subgroup_size), and the passing of
// values through workgroup memory, give what this file computes on the host.
//
// A CPU's subgroups are narrower than the language's. So the language is narrowed to them
// (spv_trial.lanes), and both kinds of code run for it. Sums in pairs of subgroups run through
// memory only where the driver has no clustered ones; tests/vendor compiles them.
#include "kernel_text.h"

#include "spirv/lower.h"

enum { WORDS = 512, GRID = 2 };

// Workgroups. `l` is the linear local index, `g` a word of this invocation's own. The last
// subgroup of the last shape may lack lanes.
static const struct shape {
    const char *text;
    uint32_t size[3], count;
} shapes[] = {
    { "64", { 64, 1, 1 }, 64 }, { "16 4", { 16, 4, 1 }, 64 }, { "32 1 2", { 32, 1, 2 }, 64 },
    { "16", { 16, 1, 1 }, 16 }, { "20", { 20, 1, 1 }, 20 },
};

// ---- What holds -------------------------------------------------------------------------------

// A workgroup, with subgroups of `lanes`.
struct group {
    const struct shape *shape;
    const uint32_t *in;
    uint32_t id, lanes;
};

// A value of invocation `l`.
typedef uint32_t value_fn(const struct group *group, uint32_t l);

static uint32_t first_of(const struct group *group, uint32_t l)
{
    return l / group->lanes * group->lanes;
}

static uint32_t end_of(const struct group *group, uint32_t l)
{
    const uint32_t end = first_of(group, l) + group->lanes;
    return end < group->shape->count ? end : group->shape->count;
}

static uint32_t sum(const struct group *group, uint32_t l, value_fn *value)
{
    uint32_t total = 0;
    for (uint32_t i = first_of(group, l); i < end_of(group, l); i++)
        total += value(group, i);
    return total;
}

static uint32_t ballot(const struct group *group, uint32_t l, value_fn *value)
{
    uint32_t mask = 0;
    for (uint32_t i = first_of(group, l); i < end_of(group, l); i++)
        mask |= value(group, i) ? 1u << (i - first_of(group, l)) : 0;
    return mask;
}

static uint32_t shuffle(const struct group *group, uint32_t l, value_fn *value, uint32_t lane)
{
    const uint32_t first = first_of(group, l);
    return lane < end_of(group, l) - first ? value(group, first + lane) : 0;
}

#define VALUE(name, ...)                                                                           \
    static uint32_t name(const struct group *group, uint32_t l)                                    \
    {                                                                                              \
        (void)group;                                                                               \
        return __VA_ARGS__;                                                                        \
    }
VALUE(own, l)
VALUE(odd, l & 1)
VALUE(second_bit, l & 2)
VALUE(word, group->in[l])
VALUE(word_and_own, group->in[l] + l)
VALUE(word_odd, group->in[l] & 1)
VALUE(word_third_bit, group->in[l] & 4)
VALUE(word_by_3, group->in[l] % 3 == 0)
VALUE(word_byte, group->in[l] & 255)
VALUE(sum_and_own, sum(group, l, own) ^ l)
VALUE(kept, l & 1 ? 1 : 100)
VALUE(neighbour, (l ^ 1) * 3)
VALUE(local_x, l % group->shape->size[0])
VALUE(local_y, l / group->shape->size[0] % group->shape->size[1])
VALUE(local_z, l / group->shape->size[0] / group->shape->size[1])
VALUE(local_id, local_x(group, l) * 65536 + local_y(group, l) * 256 + local_z(group, l))

VALUE(sum_of_words, sum(group, l, word))
VALUE(sums_of_sums, sum(group, l, own) * 1000 + sum(group, l, sum_and_own))
VALUE(sum_with_the_dead, l % 3 == 1 ? 0 : sum(group, l, word))
VALUE(sum_of_kept, l & 1 ? 0 : sum(group, l, kept))
VALUE(ballot_of_words, ballot(group, l, word_odd))
VALUE(two_ballots, ballot(group, l, word_by_3) ^ ballot(group, l, second_bit) * 65536)
VALUE(ballot_behind_if, (l % 5 == 2 ? 9 : 0) + ballot(group, l, word_third_bit))
VALUE(from_neighbour, shuffle(group, l, word_and_own, l ^ 1))
VALUE(from_few, shuffle(group, l, word, 3) + shuffle(group, l, own, 2 - (l & 1)))
VALUE(from_anyone, shuffle(group, l, word_and_own, group->in[l] & 15))
VALUE(from_nobody, 0 * l)
VALUE(float_from_few, shuffle(group, l, word_byte, l & 3))
VALUE(lane_and_width, l % group->lanes * 100 + group->lanes)
VALUE(from_memory, shuffle(group, l, neighbour, 1) + l * 3)
VALUE(in_one_workgroup, group->id == 1 ? ballot(group, l, odd) : 0)
VALUE(who_is_who, shuffle(group, l, local_id, l) + group->id * group->shape->size[0] +
                      local_x(group, l) + local_y(group, l))

// Who left contributes with the counter that it left with.
static uint32_t sums_in_a_loop(const struct group *group, uint32_t l)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i <= l % 6; i++)
        for (uint32_t lane = first_of(group, l); lane < end_of(group, l); lane++)
            total += (lane % 6 < i ? lane % 6 : i) + lane;
    return total;
}

// Lane by lane, each step rounded.
static uint32_t sum_of_floats(const struct group *group, uint32_t l)
{
    volatile float total = 0;
    for (uint32_t i = first_of(group, l); i < end_of(group, l); i++) {
        volatile float product = (float)word_byte(group, i) * 0.1f;
        total += product;
    }
    total *= 1000.0f;
    return (uint32_t)total;
}

static const struct {
    bool sums;
    const char *body;
    value_fn *expected;
} statements[] = {
    { true, "out[g] = subgroup_add(in[l])", sum_of_words },
    { true, "out[g] = subgroup_add(l) * 1000 + subgroup_add(subgroup_add(l) ^ l)", sums_of_sums },
    { true, "let v = in[l]\nif l % 3 == 1 { return }\nbarrier\nout[g] = subgroup_add(v)",
      sum_with_the_dead },
    { true, "let v = 1\nif l & 1 { return }\nv = 100\nbarrier\nout[g] = subgroup_add(v)",
      sum_of_kept },
    { true, "loop i in 0..6 { out[g] += subgroup_add(i + l)\nif l % 6 == i { return } }",
      sums_in_a_loop },
    { false, "out[g] = subgroup_ballot(in[l] & 1)", ballot_of_words },
    { false, "out[g] = subgroup_ballot(in[l] % 3 == 0) ^ subgroup_ballot(l & 2) * 65536",
      two_ballots },
    { false, "if l % 5 == 2 { out[g] = 9 }\nout[g] += subgroup_ballot(in[l] & 4)",
      ballot_behind_if },
    { false, "out[g] = subgroup_shuffle(in[l] + l, l ^ 1)", from_neighbour },
    { false, "out[g] = subgroup_shuffle(in[l], 3) + subgroup_shuffle(l, 2 - (l & 1))", from_few },
    { false, "out[g] = subgroup_shuffle(in[l] + l, in[l] & 15)", from_anyone },
    { false, "out[g] = subgroup_shuffle(l, 99) + subgroup_shuffle(l, 0xffffffff)", from_nobody },
    { false, "out[g] = u32(subgroup_shuffle(f32(in[l] & 255), l & 3))", float_from_few },
    { false, "out[g] = u32(subgroup_add(f32(in[l] & 255) * 0.1) * 1000.0)", sum_of_floats },
    { false, "out[g] = subgroup_local_id() * 100 + subgroup_size()", lane_and_width },
    { false, "t[l] = l * 3\nbarrier\nlet a = t[l ^ 1]\nout[g] = subgroup_shuffle(a, 1) + t[l]",
      from_memory },
    { false, "if wid.x == 1 { out[g] = subgroup_ballot(l & 1) }", in_one_workgroup },
    // Each invocation writes its own word once.
    { false, "out[g] = subgroup_shuffle(lid.x * 65536 + lid.y * 256 + lid.z, l) + gid.x + gid.y",
      who_is_who },
};

// ---- What the device gives --------------------------------------------------------------------

static struct vyre_program *make(size_t statement, const struct shape *shape)
{
    char text[900];
    snprintf(text, sizeof text,
             "workgroup %s\nbuffer in : u32[64] readonly @0\nbuffer out : u32[%d] readwrite @1\n"
             "shared t : u32[64]\nlet l = lid.x + lid.y * %u + lid.z * %u\nlet g = l + wid.x * %u\n"
             "%s\n",
             shape->text, WORDS, shape->size[0], shape->size[0] * shape->size[1], shape->count,
             statements[statement].body);
    return test_program(text);
}

static void fill(uint32_t *in)
{
    for (uint32_t i = 0; i < 64; i++)
        in[i] = i * 2654435761u >> 7;
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
    fill(words[0]);
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

static void expect(const struct vyre_module *module, struct vyre_device *device, size_t statement,
                   const struct shape *shape, uint32_t lanes)
{
    uint32_t in[64], words[WORDS], expected[WORDS] = { 0 };
    struct vyre_module_info info;
    vyre_module_reflect(module, &info);
    fill(in);
    for (uint32_t id = 0; id < GRID; id++)
        for (uint32_t l = 0; l < shape->count; l++)
            expected[id * shape->count + l] =
                statements[statement].expected(&(struct group){ shape, in, id, lanes }, l);
    run(device, module, words);
    for (size_t at = 0; at < WORDS; at++)
        if (words[at] != expected[at])
            fail_msg("subgroups of %u, %u of the device, workgroup %s: word %zu is %u, not %u\n%s",
                     lanes, info.subgroup_size, shape->text, at, words[at], expected[at],
                     statements[statement].body);
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
        const bool passes = !strstr(statements[i].body, "subgroup_size");
        for (size_t at = 0; at < sizeof shapes / sizeof *shapes; at++) {
            const struct shape *shape = &shapes[at];
            const bool fits = shape->size[0] % width == 0;
            struct vyre_program *program = make(i, shape);
            struct vyre_module *module = lower(program, &target, lanes);
            expect(module, device, i, shape, lanes);
            vyre_module_destroy(&module);
            if (fits && (!statements[i].sums || width == lanes || clusters)) {
                struct vyre_module_info info;
                module = lower(program, &full, lanes);
                vyre_module_reflect(module, &info);
                assert_true(info.subgroup_size == width || !passes);
                expect(module, device, i, shape, lanes);
                vyre_module_destroy(&module);
                compared++;
            }
            vyre_program_destroy(&program);
        }
    }
    assert_true(compared >= 4 * 13);
}

static void subgroups_of_the_device_give_what_holds(void **state)
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

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subgroups_of_the_device_give_what_holds),
        cmocka_unit_test(two_subgroups_share_one_of_the_device),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
