// SPDX-License-Identifier: MIT
// Kernels of programs that call ops: bodies take the place of calls, a cached module is that of its
// bodies, and what has no code is refused with what it lacks.
#include "kernel_text.h"

#include <ftw.h>
#include <unistd.h>

static const char calling_text[] = "workgroup 4\n"
                                   "buffer in : u32[4] readonly @0\n"
                                   "buffer out : u32[4] readwrite @1\n"
                                   "out[gid.x] = call \"op\"(in[gid.x])\n";

// A barrier of the grid: each part has a call of its own.
static const char parted_text[] = "workgroup 4\n"
                                  "buffer in : u32[4] readonly @0\n"
                                  "buffer between : u32[4] readwrite @1\n"
                                  "buffer out : u32[4] readwrite @2\n"
                                  "between[gid.x] = call \"op\"(in[gid.x])\n"
                                  "barrier grid_sync\n"
                                  "out[gid.x] = call \"op\"(between[3 - gid.x])\n";

// op(a) = a OPERATION, or without a body when that is NULL.
static struct vyre_registry *registry_of(const char *operation, const char *capability)
{
    char text[200];
    const struct vyre_op_operand word = { "u32", NULL };
    struct vyre_registry *registry = NULL;
    struct vyre_program *body = NULL;
    if (operation) {
        snprintf(text, sizeof text,
                 "buffer a : u32[1] readonly @0\nbuffer out : u32[1] readwrite @1 output\n"
                 "out[0] = a[0] %s\n",
                 operation);
        body = test_program(text);
    }
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    assert_result(
        VYRE_OK,
        vyre_registry_add_op(registry, vyre_op_params(.id = "op", .inputs = &word, .input_count = 1,
                                                      .outputs = &word, .output_count = 1,
                                                      .program = body, .capability = capability)));
    vyre_program_destroy(&body);
    vyre_registry_freeze(registry);
    return registry;
}

static enum vyre_result create(struct vyre_device *device, const char *text,
                               struct vyre_kernel_params params, struct test_diags *diags,
                               struct vyre_kernel **out)
{
    struct vyre_program *program = test_program(text);
    *diags = (struct test_diags){ .size = 0 };
    params.program = program;
    params.diag = test_diag_sink(diags);
    enum vyre_result result = vyre_kernel_create(device, &params, out);
    vyre_program_destroy(&program);
    return result;
}

// Runs with 1, 2, 3, 4 in the first of `count` buffers and compares the last.
static void assert_runs(struct vyre_device *device, struct vyre_kernel *kernel, size_t count,
                        const uint32_t *expected)
{
    uint32_t *words[3];
    struct vyre_argument arguments[3] = { { .buffer = NULL } };
    for (size_t i = 0; i < count; i++)
        arguments[i].buffer = test_buffer(device, 16, &words[i]);
    for (uint32_t i = 0; i < 4; i++)
        words[0][i] = i + 1;
    test_dispatch(kernel, arguments, count, (const uint32_t[3]){ 1, 1, 1 });
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(words[count - 1][i], expected[i]);
    for (size_t i = 0; i < count; i++)
        vyre_buffer_destroy(&arguments[i].buffer);
}

static void bodies_take_the_place_of_calls(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_registry *registry = registry_of("* 10", NULL);
    struct vyre_kernel *kernel = NULL;
    struct test_diags diags;
    assert_result(VYRE_OK,
                  create(device, calling_text, (struct vyre_kernel_params){ .registry = registry },
                         &diags, &kernel));
    assert_runs(device, kernel, 2, (const uint32_t[]){ 10, 20, 30, 40 });
    vyre_kernel_destroy(&kernel);
    assert_result(VYRE_OK,
                  create(device, parted_text, (struct vyre_kernel_params){ .registry = registry },
                         &diags, &kernel));
    vyre_registry_destroy(&registry); // the kernel needs it no more
    assert_runs(device, kernel, 3, (const uint32_t[]){ 400, 300, 200, 100 });
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

static void calls_without_code_are_refused(void **state)
{
    (void)state;
    const char *const magic[] = { "magic" };
    struct vyre_device *device = test_device(NULL);
    struct vyre_registry *plain = registry_of("+ 1", NULL), *without = registry_of(NULL, NULL),
                         *able = registry_of("+ 1", "magic");
    const struct {
        const char *text;
        struct vyre_kernel_params params;
        enum vyre_result result;
        const char *code; // "": none
    } cases[] = {
        { calling_text, { .registry = NULL }, VYRE_ERR_UNSUPPORTED, "L017" },
        { calling_text, { .registry = without }, VYRE_ERR_UNSUPPORTED, "L017" },
        { calling_text, { .registry = able }, VYRE_ERR_UNSUPPORTED, "L016" },
        { parted_text, { .registry = able }, VYRE_ERR_UNSUPPORTED, "L016" },
        { calling_text,
          { .registry = able, .capabilities = magic, .capability_count = 1 },
          VYRE_OK,
          "" },
        { calling_text,
          { .registry = able, .capability_count = 1 },
          VYRE_ERR_INVALID_ARGUMENT,
          "" },
        { "buffer out : u32[1] readwrite @0\nout[0] = call \"op\"(1, 2)\n",
          { .registry = plain },
          VYRE_ERR_INVALID_PROGRAM,
          "V020" },
        { "buffer out : u32[1] readwrite @0\nout[0] = call \"other\"(1)\n",
          { .registry = plain },
          VYRE_ERR_INVALID_PROGRAM,
          "V016" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vyre_kernel *kernel = NULL;
        struct test_diags diags;
        assert_result(cases[i].result,
                      create(device, cases[i].text, cases[i].params, &diags, &kernel));
        if (strncmp(diags.text, cases[i].code, strlen(cases[i].code)) != 0)
            fail_msg("case %zu: %s, expected %s", i, diags.text, cases[i].code);
        assert_int_equal(kernel != NULL, cases[i].result == VYRE_OK);
        vyre_kernel_destroy(&kernel);
    }
    vyre_registry_destroy(&plain);
    vyre_registry_destroy(&without);
    vyre_registry_destroy(&able);
    test_device_done(&device);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

// The same call of an op that means something else now is another module.
static void a_cached_module_is_that_of_its_bodies(void **state)
{
    (void)state;
    char directory[] = "/tmp/vyre-calls-test-XXXXXX";
    struct vyre_device *device = test_device(NULL);
    struct vyre_cache *cache = NULL;
    static const char *const operations[] = { "* 10", "+ 5", "+ 5" };
    static const uint32_t expected[][4] = { { 10, 20, 30, 40 }, { 6, 7, 8, 9 }, { 6, 7, 8, 9 } };
    assert_non_null(mkdtemp(directory));
    assert_result(VYRE_OK, vyre_cache_open(vyre_cache_params(.directory = directory), &cache));
    for (size_t i = 0; i < 3; i++) {
        struct vyre_registry *registry = registry_of(operations[i], NULL);
        struct vyre_kernel *kernel = NULL;
        struct vyre_kernel_stats stats;
        struct test_diags diags;
        assert_result(VYRE_OK,
                      create(device, calling_text,
                             (struct vyre_kernel_params){ .registry = registry, .cache = cache },
                             &diags, &kernel));
        vyre_kernel_get_stats(kernel, &stats);
        assert_int_equal(stats.module_cached, i == 2);
        assert_runs(device, kernel, 2, expected[i]);
        vyre_kernel_destroy(&kernel);
        vyre_registry_destroy(&registry);
    }
    vyre_cache_close(&cache);
    test_device_done(&device);
    assert_int_equal(nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void references_to_nothing_are_nothing(void **state)
{
    (void)state;
    assert_null(vyre_device_ref(NULL));
    assert_null(vyre_buffer_ref(NULL));
    assert_null(vyre_kernel_ref(NULL));
    assert_null(vyre_cache_ref(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_to_nothing_are_nothing),
        cmocka_unit_test(bodies_take_the_place_of_calls),
        cmocka_unit_test(calls_without_code_are_refused),
        cmocka_unit_test(a_cached_module_is_that_of_its_bodies),
    };
    if (!test_has_device())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
