// SPDX-License-Identifier: MIT
// Asynchronous copies: the device writes the bytes that the interpreter does, whatever the offsets,
// sizes and lengths are, and whenever it makes the copy (spec: semantics.md, 7.7).
#include "agree.h"

#define IO                                                                                         \
    "buffer a : u32[] readonly @0\n"                                                               \
    "buffer b : u32[23] readwrite @1\n"                                                            \
    "buffer c : u32[] readwrite @2\n"

static const uint32_t numbers[] = { 0,  1,  2,  3,  4,   5,   7,   8,   16,         63,        64,
                                    65, 66, 68, 91, 158, 161, 162, 163, 0xfffffffd, 0xffffffff };

// A declared buffer has 92 bytes, the others 162: they end in the middle of a word.
static void every_offset_and_size(void **state)
{
    struct vyre_device *device = *state;
    static const char *const copies[] = {
        "async_load(a, b, %u, %u, \"t\")",  "async_load(a, c, %u, %u, \"t\")",
        "async_store(a, b, %u, %u, \"t\")", "async_store(a, c, %u, %u, \"t\")",
        "async_load(b, c, %u, %u, \"t\")",  "async_store(b, c, %u, %u, \"t\")",
        "async_load(c, c, %u, %u, \"t\")", // kept when small, refused otherwise
    };
    const size_t count = sizeof numbers / sizeof *numbers;
    for (size_t kind = 0; kind < sizeof copies / sizeof *copies; kind++) {
        for (size_t i = 0; i < count; i++) {
            // All sizes for some offsets, all offsets for some sizes.
            const uint32_t size = numbers[(i * 5 + kind) % (kind == 6 ? 11 : count)];
            char text[400], copy[100];
            snprintf(copy, sizeof copy, copies[kind], numbers[i], size);
            snprintf(text, sizeof text, "workgroup 1\n" IO "%s\nasync_wait(\"t\")\n", copy);
            assert_agree(device, text, 1, 1);
        }
    }
}

static const char *const programs[] = {
    // Offsets and sizes that are computed, larger than 64 bytes and not.
    "workgroup 1\n" IO "async_store(a, c, a[0] & 63, a[1] & 127, \"t\")\nasync_wait(\"t\")",
    "workgroup 1\n" IO "async_load(a, c, a[2] & 127, len(a) * 4 - 3, \"t\")\nasync_wait(\"t\")",
    // By each invocation, beside each other in one word.
    "workgroup 16\n" IO "async_store(a, c, gid.x * 3, 3, \"t\")\nasync_wait(\"t\")",
    "workgroup 5\n" IO "if lid.x & 1 { async_store(a, c, gid.x * 9 + 1, 8, \"t\")\n"
    "async_wait(\"t\") }",
    // By the workgroup together.
    "workgroup 32\n" IO "async_load(a, c, 5, 150, \"t\")\nasync_wait(\"t\")",
    "workgroup 32\n" IO "shared t : u32[40]\nasync_load(a, t, wid.x * 4, len(a) * 4, \"t\")\n"
    "async_wait(\"t\")\nif wid.x == 1 { c[lid.x] = t[lid.x + 3] }",
    "workgroup 48\n" IO "shared t : u32[40]\nloop k in 0..3 {\n"
    "async_load(a, t, k * 8 + wid.x, 120, \"t\")\nasync_wait(\"t\")\nlet x = t[lid.x] * 3\n"
    "barrier\nif lid.x < 20 { t[lid.x] = x + 1 }\nbarrier\nif wid.x == 0 {\n"
    "async_store(t, c, k * 13, 80, \"u\")\nasync_wait(\"u\") } }",
    "workgroup 32\n" IO "shared t : u32[64]\nif wid.x == 2 { t[lid.x] = a[lid.x]\nbarrier\n"
    "async_store(t, c, 2, 77, \"t\")\nb[lid.x] = t[31 - lid.x]\nasync_wait(\"t\") }",
    // Some have returned; all have.
    "workgroup 32\n" IO "if lid.x > 3 { return }\nasync_store(a, c, 0, 100, \"t\")\n"
    "async_wait(\"t\")\nbarrier",
    "workgroup 32\n" IO "if lid.x < 40 { return }\nasync_store(a, c, 0, 100, \"t\")\n"
    "async_wait(\"t\")\nbarrier",
    "workgroup 32\n" IO "if lid.x < 40 { return }\nasync_store(a, c, 0, 10, \"t\")\n"
    "async_wait(\"t\")\nbarrier",
    // The source changes between: made at once, or kept.
    "workgroup 1\n" IO "async_load(b, c, 1, 90, \"t\")\nb[0] = 77\nb[3] = 5\nasync_wait(\"t\")",
    "workgroup 1\n" IO "async_store(b, c, 6, 30, \"t\")\nb[0] = 77\nc[3] = 5\nasync_wait(\"t\")",
    "workgroup 1\n" IO "async_load(b, b, 4, 40, \"t\")\nb[2] = b[1] + 9\nasync_wait(\"t\")\n"
    "c[0] = b[0]",
    "workgroup 8\n" IO "if wid.x == 0 { async_store(b, c, lid.x * 12, 12, \"t\")\nbarrier\n"
    "if lid.x == 0 { b[0] = 1\nb[1] = 2 }\nbarrier\nasync_wait(\"t\") }",
    // The destination is looked at between, and the copy is made when it is waited for.
    "workgroup 1\n" IO "async_store(a, c, 4, 100, \"t\")\nlet x = c[3]\nc[4] = 9\n"
    "async_wait(\"t\")\nc[0] = x + c[4]",
    // Several at a time.
    "workgroup 1\n" IO "async_store(a, c, 4, 100, \"t\")\nasync_store(a, c, 50, 70, \"u\")\n"
    "async_wait(\"u\")\nasync_wait(\"t\")",
    "workgroup 1\n" IO "async_store(a, c, 4, 100, \"t\")\nasync_load(c, b, 50, 30, \"u\")\n"
    "async_wait(\"t\")\nasync_wait(\"u\")",
    "workgroup 1\n" IO "async_load(a, b, 4, 50, \"t\")\nasync_wait(\"t\")\n"
    "async_load(a, c, 4, 70, \"t\")\nregion \"r\" { async_store(b, c, 80, 20, \"t2\")\n"
    "async_wait(\"t2\") }\nasync_wait(\"t\")",
};

static void copies_among_statements(void **state)
{
    assert_all_agree(*state, programs, sizeof programs / sizeof *programs, 2);
}

static void the_same_without_the_vulkan_memory_model(void **state)
{
    (void)state;
    assert_all_agree_in_old_model(programs, sizeof programs / sizeof *programs);
}

static void a_planted_difference_is_found(void **state)
{
    struct vyre_device *device = *state;
    const char *right = "workgroup 1\n" IO "async_load(a, c, 5, 150, \"t\")\nasync_wait(\"t\")";
    const char *wrong = "workgroup 1\n" IO "async_load(a, c, 6, 150, \"t\")\nasync_wait(\"t\")";
    char why[200];
    assert_true(agree(device, right, right, 3, 1, why));
    assert_false(agree(device, right, wrong, 3, 1, why));
}

// A copy that takes more than the budget is a fault that names it.
static void copies_pay_from_the_budget(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_program *program =
        test_program("workgroup 1\n" IO "async_load(a, c, 0, 8, \"small\")\n"
                     "async_wait(\"small\")\nasync_load(a, c, 0, len(a) * 4, \"large\")\n"
                     "async_wait(\"large\")");
    for (int enough = 0; enough < 2; enough++) {
        struct vyre_kernel *kernel;
        assert_result(VYRE_OK,
                      vyre_kernel_create(
                          device,
                          vyre_kernel_params(.program = program, .loop_budget = enough ? 41 : 20),
                          &kernel));
        struct vyre_argument arguments[3] = { { NULL, 0, 0 } };
        uint32_t *words[3];
        for (int i = 0; i < 3; i++)
            arguments[i].buffer = test_buffer(device, 160, &words[i]);
        struct test_diags diags = { 0 };
        struct vyre_ticket *ticket;
        assert_result(VYRE_OK,
                      vyre_dispatch(kernel,
                                    vyre_dispatch_params(.arguments = arguments,
                                                         .argument_count = 3, .grid = { 1, 1, 1 }),
                                    &ticket));
        assert_result(enough ? VYRE_OK : VYRE_ERR_FAULT,
                      vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(&diags)));
        if (!enough && !strstr(diags.text, "copy 1 with tag 'large'"))
            fail_msg("%s", diags.text);
        vyre_ticket_destroy(&ticket);
        for (int i = 0; i < 3; i++)
            vyre_buffer_destroy(&arguments[i].buffer);
        vyre_kernel_destroy(&kernel);
    }
    vyre_program_destroy(&program);
}

// ---- Random copies ----------------------------------------------------------------------------

static void random_copies(void **state)
{
    struct vyre_device *device = *state;
    static const char *const buffers[] = { "a", "b", "c", "d" };
    uint32_t random = 12345;
    for (uint32_t seed = 1; seed <= 120; seed++) {
        char text[1500];
        const uint32_t invocations = next_random(&random) % 3 ? 1 : 1 + next_random(&random) % 40;
        size_t size =
            (size_t)snprintf(text, sizeof text,
                             "workgroup %u\n" IO "buffer d : u32[40] readwrite @3\n", invocations);
        for (unsigned i = 0; i < 3; i++) {
            // Only small copies may be made within one buffer.
            const uint32_t from = next_random(&random) % 4;
            const uint32_t to = 1 + (from + next_random(&random) % 2) % 3;
            const bool same = from == to;
            size += (size_t)snprintf(
                text + size, sizeof text - size,
                "async_%s(%s, %s, %s%u, %u%s, \"t\")\nasync_wait(\"t\")\nbarrier\n",
                next_random(&random) & 1 ? "load" : "store", buffers[from], buffers[to],
                next_random(&random) & 1 ? "a[0] & " : "", next_random(&random) % 200,
                next_random(&random) % (same ? 64 : 200),
                same || next_random(&random) & 1 ? "" : " + (a[1] & 31)");
        }
        assert_agree(device, text, 1, 1);
    }
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_offset_and_size),
        cmocka_unit_test(copies_among_statements),
        cmocka_unit_test(the_same_without_the_vulkan_memory_model),
        cmocka_unit_test(a_planted_difference_is_found),
        cmocka_unit_test(copies_pay_from_the_budget),
        cmocka_unit_test(random_copies),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
