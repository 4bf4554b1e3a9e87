// SPDX-License-Identifier: MIT
// Barriers of the whole grid: by parts they mean what they say, plainly they are the workgroup's.
#include "run.h"

#include <vyre/transform.h>

#define WORKGROUPS(n) .grid = { n, 1, 1 }

// Sums of four, then the sum of the sums by the first workgroup, which runs first.
#define SUMS                                                                                       \
    "workgroup 4\n"                                                                                \
    "buffer in : u32[12] readonly @0\n"                                                            \
    "buffer sums : u32[3] writeonly @1\n"                                                          \
    "buffer out : u32[1] readwrite @2 output\n"                                                    \
    "shared tile : u32[4]\n"                                                                       \
    "let l = lid.x\n"                                                                              \
    "tile[l] = in[gid.x]\n"                                                                        \
    "barrier\n"                                                                                    \
    "if l == 0 {\n"                                                                                \
    " sums[wid.x] = tile[0] + tile[1] + tile[2] + tile[3]\n"                                       \
    "}\n"                                                                                          \
    "barrier grid_sync\n"                                                                          \
    "if gid.x == 0 {\n"                                                                            \
    " out[0] = sums[0] + sums[1] + sums[2]\n"                                                      \
    "}\n"

static const uint32_t ones_to_twelve[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static void check(const char *text, struct vyre_interpret_params params, size_t output,
                  const uint32_t *expected, size_t count)
{
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    enum vyre_result result = run_text(text, params, &error, &outputs);
    if (result)
        fail_msg("%s %s\n%s", error.code, error.text, text);
    struct vyre_bytes bytes = vyre_outputs_get(outputs, output, NULL);
    assert_int_equal(bytes.size, 4 * count);
    assert_memory_equal(bytes.data, expected, bytes.size);
    vyre_outputs_destroy(&outputs);
}

static void workgroups_see_what_others_wrote_before_the_barrier(void **state)
{
    (void)state;
    const struct vyre_bytes input = { ones_to_twelve, sizeof ones_to_twelve };
    struct vyre_interpret_params params = { .inputs = &input, .input_count = 1, WORKGROUPS(3) };
    check(SUMS, params, 1, WORDS(10), 1);
    params.split_grid_sync = true;
    check(SUMS, params, 0, WORDS(10, 26, 42), 3);
    check(SUMS, params, 1, WORDS(78), 1);
    // The grid is that of the whole program, which has 12 elements, and not of a part.
    memset(params.grid, 0, sizeof params.grid);
    check(SUMS, params, 1, WORDS(78), 1);
    struct vyre_run_facts facts = { .order_matters = true };
    params.facts = &facts;
    check(SUMS, params, 1, WORDS(78), 1);
    assert_false(facts.order_matters);
    params.split_grid_sync = false;
    check(SUMS, params, 1, WORDS(10), 1);
    assert_true(facts.order_matters);
}

static void memory_goes_from_part_to_part(void **state)
{
    (void)state;
    // Everybody takes from the right, three times; those beyond the end have gone.
    static const char shift[] = "workgroup 2\n"
                                "buffer a : u32[] readwrite @0\n"
                                "buffer b : u32[8] readwrite @1 liveout\n"
                                "let i = gid.x\n"
                                "if i >= len(a) {\n return\n}\n"
                                "b[i] = a[(i + 1) % len(a)]\n"
                                "barrier grid_sync\n"
                                "a[i] = b[(i + 1) % len(a)]\n"
                                "{\n barrier grid_sync\n b[i] = a[(i + 1) % len(a)] + param(0)\n}\n"
                                "b[7] = 9\n";
    const uint32_t words[] = { 10, 20, 30, 40, 50 };
    const uint32_t hundred = 100;
    const struct vyre_bytes input = { words, sizeof words };
    struct vyre_interpret_params params = { .inputs = &input,
                                            .input_count = 1,
                                            .split_grid_sync = true,
                                            .launch_params = &hundred,
                                            .launch_param_count = 1,
                                            WORKGROUPS(4) };
    check(shift, params, 0, WORDS(30, 40, 50, 10, 20), 5);
    check(shift, params, 1, WORDS(140, 150, 110, 120, 130, 0, 0, 9), 8);
    // An output's range is that of the whole.
    check("buffer out : u32[4] readwrite @0 output range(4, 12)\nout[gid.x] = gid.x\n"
          "barrier grid_sync\nout[gid.x] = out[3 - gid.x] * 10 + gid.x\n",
          (struct vyre_interpret_params){ .split_grid_sync = true, WORKGROUPS(1) }, 0, WORDS(0, 0),
          2);
}

static void a_refusal_has_the_place_of_the_use(void **state)
{
    (void)state;
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    assert_result(VYRE_ERR_UNSUPPORTED,
                  run_text("workgroup 4\nbuffer out : u32[4] readwrite @0 output\n"
                           "shared tile : u32[4]\ntile[lid.x] = 1\nbarrier grid_sync\n"
                           "out[0] = 1\nout[gid.x] = tile[0]\nout[1] = tile[1]\n",
                           (struct vyre_interpret_params){ .split_grid_sync = true }, &error,
                           &outputs));
    assert_null(outputs);
    assert_string_equal(error.code, "F004");
    assert_int_equal(error.line, 7);
    assert_string_equal(error.path, "entry[0].body[3]");
}

static void failures_end_the_run(void **state)
{
    (void)state;
    const struct vyre_interpret_params params = { .split_grid_sync = true, WORKGROUPS(2) };
    assert_fails_with("buffer out : u32[4] readwrite @0 output\nout[0] = 1\nbarrier grid_sync\n"
                      "trap(3, \"no\")\n",
                      params, VYRE_ERR_EXECUTION, "X020");
    assert_fails_with("buffer out : u32[4] readwrite @0 output\nlet x = atomic_add(out[0], 1)\n"
                      "barrier grid_sync\nout[1] = x\n",
                      params, VYRE_ERR_UNSUPPORTED, "F003");
    struct vyre_interpret_params few = params;
    few.step_limit = 12; // enough for the first part
    assert_fails_with("buffer out : u32[4] readwrite @0 output\nout[gid.x] = 1\nbarrier grid_sync\n"
                      "loop i in 0..9 {\n out[2] = i\n}\n",
                      few, VYRE_ERR_LIMIT, "X006");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workgroups_see_what_others_wrote_before_the_barrier),
        cmocka_unit_test(memory_goes_from_part_to_part),
        cmocka_unit_test(a_refusal_has_the_place_of_the_use),
        cmocka_unit_test(failures_end_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
