// SPDX-License-Identifier: MIT
// Programs with barriers of the whole grid on a device: what one part writes the next one reads,
// over any number of workgroups, as on the interpreter that runs them by parts.
#include "device.h"

#include "base/memory.h"
#include "kernel_text.h"

#include <vyre/interpret.h>

// A sum of each workgroup, then the sum of the sums; who is beyond the end has gone.
static const char sums_text[] = "workgroup 64\n"
                                "buffer in : u32[] readonly @0\n"
                                "buffer sums : u32[] readwrite @1\n"
                                "buffer unused : u32[] readwrite @5\n"
                                "buffer out : u32[] readwrite @2\n"
                                "shared tile : u32[64]\n"
                                "let i = gid.x\n"
                                "let l = lid.x\n"
                                "if wid.x >= len(sums) {\n"
                                "    return\n"
                                "}\n"
                                "tile[l] = in[i]\n"
                                "barrier\n"
                                "if l == 0 {\n"
                                "    let sum = 0\n"
                                "    loop k in 0..64 {\n"
                                "        sum = sum + tile[k]\n"
                                "    }\n"
                                "    sums[wid.x] = sum\n"
                                "}\n"
                                "barrier grid_sync\n"
                                "let all = 0\n"
                                "loop k in 0..len(sums) {\n"
                                "    all = all + sums[k]\n"
                                "}\n"
                                "out[i] = all + i\n";

static void workgroups_see_what_others_wrote(void **state)
{
    (void)state;
    enum { GROUPS = 200, COUNT = GROUPS * 64 };
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, sums_text, NULL);
    struct vyre_program *program = test_program(sums_text);
    const size_t sizes[4] = { 4 * COUNT, 4 * GROUPS, 12, 4 * COUNT };
    uint32_t *words[4];
    struct vyre_argument arguments[4] = { { .buffer = NULL } };
    struct vyre_bytes inputs[4];
    for (unsigned i = 0; i < 4; i++) {
        arguments[i].buffer = test_buffer(device, sizes[i], &words[i]);
        memset(words[i], 0, sizes[i]);
        inputs[i] = (struct vyre_bytes){ words[i], sizes[i] };
    }
    for (uint32_t i = 0; i < COUNT; i++)
        words[0][i] = i * 2654435761u;
    words[2][1] = 77;
    // One workgroup more than there are sums.
    const uint32_t grid[3] = { GROUPS + 1, 1, 1 };
    struct vyre_outputs *outputs;
    assert_result(VYRE_OK,
                  vyre_interpret(program,
                                 vyre_interpret_params(.inputs = inputs, .input_count = 4,
                                                       .grid = { grid[0], grid[1], grid[2] },
                                                       .split_grid_sync = true),
                                 &outputs));
    test_dispatch(kernel, arguments, 4, grid);
    uint32_t all = 0;
    for (uint32_t i = 0; i < COUNT; i++)
        all += words[0][i];
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(words[3][i], all + i);
    assert_int_equal(vyre_outputs_count(outputs), 3);
    for (size_t i = 0; i < 3; i++) {
        struct vyre_bytes bytes = vyre_outputs_get(outputs, i, NULL);
        assert_int_equal(bytes.size, sizes[i + 1]);
        assert_memory_equal(bytes.data, words[i + 1], bytes.size);
    }
    vyre_outputs_destroy(&outputs);
    // Without a grid it is that of the program, which the elements of `out` decide.
    memset(words[3], 0, sizes[3]);
    test_dispatch(kernel, arguments, 4, NULL);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(words[3][i], all + i);
    for (unsigned i = 0; i < 4; i++)
        vyre_buffer_destroy(&arguments[i].buffer);
    vyre_program_destroy(&program);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

static void many_parts_run_in_order(void **state)
{
    (void)state;
    // Each part takes from the right what the part before it left there.
    enum { PARTS = 40, COUNT = 1000 };
    char text[8000] = "workgroup 64\nbuffer a : u32[] readwrite @0\nbuffer b : u32[] readwrite @1\n"
                      "let i = gid.x\nlet right = (i + 1) % len(a)\nlet inside = i < len(a)\n";
    for (unsigned part = 0; part < PARTS; part++)
        strcat(text, part % 2 ? "if inside {\n a[i] = b[right] + 1\n}\nbarrier grid_sync\n"
                              : "if inside {\n b[i] = a[right] + 1\n}\nbarrier grid_sync\n");
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, text, NULL);
    uint32_t *words[2];
    struct vyre_argument arguments[2] = { { .buffer = NULL } };
    for (unsigned i = 0; i < 2; i++)
        arguments[i].buffer = test_buffer(device, 4 * COUNT, &words[i]);
    for (uint32_t i = 0; i < COUNT; i++)
        words[0][i] = i * i;
    test_dispatch(kernel, arguments, 2, NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t from = (i + PARTS) % COUNT;
        assert_int_equal(words[0][i], from * from + PARTS);
    }
    for (unsigned i = 0; i < 2; i++)
        vyre_buffer_destroy(&arguments[i].buffer);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

static void a_fault_of_any_part_is_that_of_the_dispatch(void **state)
{
    (void)state;
    static const char text[] = "buffer a : u32[2] readwrite @0\n"
                               "if a[0] == gid.x + 1 {\n"
                               "    trap(0, \"first\")\n"
                               "}\n"
                               "barrier grid_sync\n"
                               "if a[1] == gid.x + 1 {\n"
                               "    trap(0, \"second\")\n"
                               "}\n";
    static const char *const expected[] = { NULL, "first", "second" };
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, text, NULL);
    uint32_t *words;
    struct vyre_argument argument = { .buffer = test_buffer(device, 8, &words) };
    for (unsigned i = 0; i < 3; i++) {
        struct vyre_ticket *ticket;
        struct test_diags diags = { .size = 0 };
        words[0] = i == 1;
        words[1] = i == 2;
        assert_result(
            VYRE_OK,
            vyre_dispatch(kernel, vyre_dispatch_params(.arguments = &argument, .argument_count = 1),
                          &ticket));
        assert_result(expected[i] ? VYRE_ERR_FAULT : VYRE_OK,
                      vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(&diags)));
        if (expected[i])
            assert_non_null(strstr(diags.text, expected[i]));
        vyre_ticket_destroy(&ticket);
    }
    struct vyre_ticket *ticket;
    struct test_diags diags = { .size = 0 };
    assert_result(
        VYRE_ERR_INVALID_ARGUMENT,
        vyre_dispatch(kernel, vyre_dispatch_params(.diag = test_diag_sink(&diags)), &ticket));
    assert_null(ticket);
    assert_memory_equal(diags.text, "K001", 4);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

static void what_cannot_be_split_has_no_kernel(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_program *program = test_program("buffer a : u32[2] readwrite @0\n"
                                                "let x = atomic_add(a[0], 1)\n"
                                                "barrier grid_sync\n"
                                                "a[1] = x\n");
    struct vyre_kernel *kernel;
    struct test_diags diags = { .size = 0 };
    assert_result(
        VYRE_ERR_UNSUPPORTED,
        vyre_kernel_create(device,
                           vyre_kernel_params(.program = program, .diag = test_diag_sink(&diags)),
                           &kernel));
    assert_null(kernel);
    assert_memory_equal(diags.text, "F003", 4);
    vyre_program_destroy(&program);
    test_device_done(&device);
}

static void every_failed_allocation_is_survived(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_program *program = test_program("buffer a : u32[2] readwrite @0\n"
                                                "a[0] = 1\n"
                                                "barrier grid_sync\n"
                                                "a[1] = a[0]\n");
    uint32_t *words;
    struct vyre_argument argument = { .buffer = test_buffer(device, 8, &words) };
    assert_true(test_fail_each_allocation(device, program, &argument, 1) > 40);
    assert_int_equal(words[1], 1);
    vyre_buffer_destroy(&argument.buffer);
    vyre_program_destroy(&program);
    test_device_done(&device);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workgroups_see_what_others_wrote),
        cmocka_unit_test(many_parts_run_in_order),
        cmocka_unit_test(a_fault_of_any_part_is_that_of_the_dispatch),
        cmocka_unit_test(what_cannot_be_split_has_no_kernel),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
