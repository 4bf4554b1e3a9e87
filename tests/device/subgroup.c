// SPDX-License-Identifier: MIT
// Subgroup operations: 32 lanes wide over the linear local index in the interpreter and on the
// device, whatever the device's subgroups are (spec: semantics.md, 7.6).
#include "agree.h"

#include <vyre/compile.h>

#define IO                                                                                         \
    "buffer e : u32[16] readonly @0\n"                                                             \
    "buffer in : u32[] readonly @1\n"                                                              \
    "buffer out : u32[1024] readwrite @2\n"                                                        \
    "buffer f : f32[] readonly @3\n"                                                               \
    "buffer fo : f32[1024] readwrite @4\n"

// Invocations of one workgroup: alone, less than a subgroup, one, more, several, several and
// less, in several dimensions.
static const struct {
    const char *size;
    uint32_t invocations;
} sizes[] = {
    { "1", 1 },   { "2", 2 },     { "7", 7 },    { "32", 32 },
    { "33", 33 }, { "100", 100 }, { "8 8", 64 }, { "4 3 5", 60 },
};

// `l` is the linear local index, `g` a word of this invocation's own.
static const char *const statements[] = {
    "out[g] = subgroup_add(in[l & 31])",
    "out[g] = subgroup_ballot(in[l & 31] & 1)",
    "out[g] = subgroup_ballot(in[l & 31] % 3 == 0)",
    "out[g] = subgroup_shuffle(in[l & 31] + l, l ^ 1)",
    "out[g] = subgroup_shuffle(in[l & 31] + l, 31 - (l & 31))",
    "out[g] = subgroup_shuffle(in[l & 31] + l, 5)",
    "out[g] = subgroup_shuffle(in[l & 31] + l, in[l & 31])",
    "out[g] = subgroup_shuffle(l, 32) + subgroup_shuffle(l, 0xffffffff)",
    // What all lanes share needs no exchange.
    "out[g] = subgroup_add(5) + subgroup_add(wid.x) * 1000",
    "out[g] = subgroup_ballot(true) ^ subgroup_ballot(wid.x)",
    "out[g] = subgroup_shuffle(wid.x + 9, l)",
    "if l & 1 { out[g] = subgroup_add(3) } else { out[g] = subgroup_ballot(len(in) > 2) }",
    "loop i in 0..l & 3 { out[g] = out[g] + subgroup_add(wid.x + 1) }",
    // f32, lane by lane.
    "fo[g] = subgroup_add(f[l & 31])",
    "fo[g] = subgroup_add(f32(in[l & 31])) + subgroup_add(0.1)",
    "fo[g] = subgroup_shuffle(f[l & 31], l ^ 3) - subgroup_shuffle(1.5, l)",
    "let v = f32(l)\nif l % 5 == 3 { return }\nv = v * 0.5\nbarrier\nfo[g] = subgroup_add(v)",
    // One after the other, nested, in conditions, bounds and indices.
    "let a = subgroup_add(l)\nlet b = subgroup_add(a ^ l)\nout[g] = subgroup_shuffle(b, 0) + a",
    "out[g] = subgroup_add(subgroup_add(l) + subgroup_shuffle(l, subgroup_ballot(l & 4) & 31))",
    "let x = l\nx = x + subgroup_add(x)\nout[g] = x",
    "if subgroup_add(l) > 200 { out[g] = 1 } else { out[g] = 2 }",
    "loop i in 0..subgroup_add(l) & 7 { out[g] = out[g] + i }",
    "out[g] = in[subgroup_add(l) & 31] + in[subgroup_ballot(l & 2) & 15]",
    "let v = in[l & 31]\nloop k in 0..5 { v = v + subgroup_shuffle(v, (l ^ 1 << k) & 31) }\n"
    "out[g] = v",
    "if wid.x == 1 { out[g] = subgroup_add(l) }\nloop i in 0..wid.x { let s = "
    "subgroup_ballot(l & 1)\nout[g] = out[g] + s }",
    // Beside barriers and workgroup memory of the program's own.
    "t[l] = l * 3\nbarrier\nlet a = t[l ^ 1]\nt[l] = subgroup_add(a)\nbarrier\nout[g] = t[0] + a",
    // Lanes that returned contribute what they had when they did.
    "let v = in[l & 31]\nif l % 3 == 1 { return }\nout[g] = subgroup_add(v)",
    "let v = 1\nif l & 1 { return }\nv = 100\nbarrier\nout[g] = subgroup_add(v)",
    "let v = l > 3\nif l & 1 { return }\nv = false\nbarrier\nout[g] = subgroup_ballot(v)",
    "loop i in 0..6 { barrier\nlet w = i * 7\nbarrier\n"
    "out[g] = out[g] + subgroup_add(i + w + l)\nif l % 6 == i { return } }",
    "let n = 1\nif l % 5 == 3 { return }\nn = 2\nbarrier\nout[g] = subgroup_add(n)",
    "if l == 2 { return }\nout[g] = subgroup_shuffle(l * 5, l ^ 1)",
};

static void make(char text[900], size_t size, const char *statement)
{
    const char *linear = strchr(sizes[size].size, ' ') == NULL ? "lid.x" : NULL;
    char composed[100] = "lid.x";
    unsigned x = 1, y = 1, z = 1;
    sscanf(sizes[size].size, "%u %u %u", &x, &y, &z);
    if (!linear)
        snprintf(composed, sizeof composed, "lid.x + lid.y * %u + lid.z * %u", x, x * y);
    snprintf(text, 900,
             "workgroup %s\n%sshared t : u32[%u]\nlet l = %s\nlet g = l + wid.x * %u\n%s\n",
             sizes[size].size, IO, sizes[size].invocations + 1, composed, sizes[size].invocations,
             statement);
}

static void every_operation_in_every_workgroup(void **state)
{
    struct vyre_device *device = *state;
    char text[900];
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
            make(text, size, statements[i]);
            assert_agree(device, text, 3, 1);
        }
    }
}

// What is passed for a lane that left is a copy from when it left: here of k, 8 and not 0, which is
// outside of `tab` though every living lane is inside.
static void proofs_do_not_hold_for_lanes_that_left(void **state)
{
    static const char text[] = "workgroup 32\n" IO "shared tab : u32[1]\nshared more : u32[64]\n"
                               "if lid.x == 0 { tab[0] = 5 }\n"
                               "more[lid.x] = 1000 + lid.x\nmore[lid.x + 32] = 2000 + lid.x\n"
                               "barrier\n"
                               "loop i in 0..2 {\n"
                               "    loop k in 0..9 {\n"
                               "        if i == 0 && k == 8 && lid.x == 3 { return }\n"
                               "        if k < 1 {\n"
                               "            let s = subgroup_add(tab[k])\n"
                               "            out[i * 32 + lid.x] = s + more[0] - more[0]\n"
                               "        }\n"
                               "    }\n"
                               "}\n";
    assert_agree(*state, text, 1, 1);
}

static void the_same_without_the_vulkan_memory_model(void **state)
{
    (void)state;
    struct vyre_device *device =
        test_device(&(const struct vyre_pretend){ .no_vulkan_memory_model = true });
    char text[900];
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        make(text, i % (sizeof sizes / sizeof *sizes), statements[i]);
        assert_agree(device, text, 2, 1);
    }
    test_device_done(&device);
}

// The interpreter has no lanes' numbers; a device has them (docs/ir.md, D-4).
static void lane_numbers_follow_the_local_index(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_kernel *kernel = test_kernel(
        device,
        "workgroup 10 5\nbuffer out : u32[100] readwrite @0\nlet l = lid.x + lid.y * 10\n"
        "out[l] = subgroup_local_id()\nout[50 + l] = subgroup_size()\n",
        NULL);
    struct vyre_argument argument = { NULL, 0, 0 };
    uint32_t *words;
    argument.buffer = test_buffer(device, 400, &words);
    test_dispatch(kernel, &argument, 1, (const uint32_t[]){ 1, 1, 1 });
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(words[i], i & 31);
        assert_int_equal(words[50 + i], 32);
    }
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
}

static void a_planted_difference_is_found(void **state)
{
    struct vyre_device *device = *state;
    char right[900], wrong[900], why[200];
    make(right, 6, "out[g] = subgroup_add(in[l & 31])");
    make(wrong, 6, "out[g] = subgroup_add(in[l & 31] & ~(l >> 5))");
    assert_true(agree(device, right, right, 1, 3, why));
    assert_false(agree(device, right, wrong, 1, 3, why));
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_in_every_workgroup),
        cmocka_unit_test(proofs_do_not_hold_for_lanes_that_left),
        cmocka_unit_test(the_same_without_the_vulkan_memory_model),
        cmocka_unit_test(lane_numbers_follow_the_local_index),
        cmocka_unit_test(a_planted_difference_is_found),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
