// SPDX-License-Identifier: MIT
// Kernels and their dispatch on a device: results, sizes, slices, threads, faults, refusals.
#include "device.h"

#include "base/memory.h"
#include "kernel_text.h"

#include <pthread.h>

static const char triple_text[] = "workgroup 64\n"
                                  "buffer in  : u32[] readonly  @0\n"
                                  "buffer out : u32[] readwrite @1\n"
                                  "let i = gid.x\n"
                                  "if i < len(out) {\n"
                                  "    out[i] = in[i] * 3 + 1\n"
                                  "}\n";

static const char count_text[] = "workgroup 32\n"
                                 "buffer sum : u32[1] readwrite @0\n"
                                 "let old = atomic_add(sum[0], 1)\n";

static const char trap_text[] = "workgroup 4\n"
                                "buffer in : u32[] readonly @0\n"
                                "buffer out : u32[] readwrite @1\n"
                                "if in[gid.x] == 1 {\n"
                                "    trap(0, \"one\")\n"
                                "}\n"
                                "if in[gid.x] == 2 {\n"
                                "    trap(in[gid.x] + 40, \"two\")\n"
                                "}\n"
                                "out[gid.x] = 5\n";

static const char loop_text[] = "workgroup 1\n"
                                "buffer in : u32[1] readonly @0\n"
                                "buffer out : u32[1] readwrite @1\n"
                                "loop i in 0..in[0] {\n"
                                "    out[0] = out[0] + i\n"
                                "}\n";

// Fills words with something that depends on the position.
static uint32_t word_at(size_t i)
{
    return (uint32_t)(i * 2654435761u + 12345u);
}

static void ids_and_lengths_are_exact_for_every_size(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, triple_text, NULL);
    const size_t sizes[] = { 1, 2, 63, 64, 65, 127, 1000, 4097 };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t count = sizes[s];
        uint32_t *words[2];
        struct vyre_argument arguments[2];
        // Odd sizes: two bytes more than the words, which belong to no element.
        for (unsigned b = 0; b < 2; b++)
            arguments[b].buffer = test_buffer(device, 4 * count + 2, &words[b]);
        arguments[0].offset = arguments[1].offset = 0;
        arguments[0].size = arguments[1].size = 0;
        for (size_t i = 0; i < count; i++)
            words[0][i] = word_at(i);
        memset((char *)words[1] + 4 * count, 0x5a, 2);
        test_dispatch(kernel, arguments, 2, NULL);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(words[1][i], word_at(i) * 3 + 1);
        assert_int_equal(*((uint8_t *)words[1] + 4 * count), 0x5a);
        for (unsigned b = 0; b < 2; b++)
            vyre_buffer_destroy(&arguments[b].buffer);
    }
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

static void ranges_of_one_buffer_are_arguments(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, triple_text, NULL);
    uint32_t *words = NULL;
    struct vyre_buffer *buffer = test_buffer(device, 1024, &words);
    words[64] = 7;
    words[65] = 8;
    words[66] = 9;
    struct vyre_argument arguments[2] = { { buffer, 256, 8 }, { buffer, 512, 12 } };
    test_dispatch(kernel, arguments, 2, NULL);
    assert_int_equal(words[128], 22);
    assert_int_equal(words[129], 25);
    assert_int_equal(words[130], 1); // beyond the input: it reads 0
    assert_int_equal(words[131], 0);

    arguments[0] = (struct vyre_argument){ buffer, 1024, 0 }; // empty
    test_dispatch(kernel, arguments, 2, NULL);
    assert_int_equal(words[128], 1);
    arguments[0] = (struct vyre_argument){ buffer, 256, 8 };
    arguments[1] = (struct vyre_argument){ buffer, 1024, 0 };
    uint32_t before[256];
    memcpy(before, words, sizeof before);
    test_dispatch(kernel, arguments, 2, NULL); // nothing to write to
    assert_memory_equal(before, words, sizeof before);
    vyre_buffer_destroy(&buffer);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

static void a_given_grid_is_taken_as_it_is(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, count_text, NULL);
    uint32_t *words = NULL;
    struct vyre_argument argument = { .buffer = test_buffer(device, 4, &words) };
    test_dispatch(kernel, &argument, 1, (const uint32_t[3]){ 2, 3, 5 });
    assert_int_equal(words[0], 2 * 3 * 5 * 32);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

// More than one slice on each axis: every id arrives exactly once, as without slices.
static void sliced_grids_keep_their_ids(void **state)
{
    (void)state;
    static const char text[] = "workgroup 128\n"
                               "buffer out : u32[] readwrite @0\n"
                               "let at = (wid.z * 3 + wid.y) * 20000 + wid.x\n"
                               "let old = atomic_add(out[at], lid.x + 1)\n";
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, text, NULL);
    const size_t groups = (size_t)20000 * 3 * 2; // 15 million invocations, 4 slices
    uint32_t *words = NULL;
    struct vyre_argument argument = { .buffer = test_buffer(device, 4 * groups, &words) };
    test_dispatch(kernel, &argument, 1, (const uint32_t[3]){ 20000, 3, 2 });
    for (size_t i = 0; i < groups; i++)
        assert_int_equal(words[i], 128 * 129 / 2);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

static void many_dispatches_are_in_flight_at_once(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, count_text, NULL);
    uint32_t *words = NULL;
    struct vyre_argument argument = { .buffer = test_buffer(device, 4, &words) };
    static struct vyre_ticket *tickets[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        assert_result(VYRE_OK,
                      vyre_dispatch(kernel,
                                    vyre_dispatch_params(.arguments = &argument,
                                                         .argument_count = 1, .grid = { 4, 1, 1 }),
                                    &tickets[i]));
        if (i % 3 == 0 && i != 0)
            vyre_ticket_destroy(&tickets[i]); // the work goes on
    }
    for (unsigned i = COUNT; i-- > 0;) {
        if (tickets[i]) {
            assert_result(VYRE_OK, vyre_ticket_wait(tickets[i], test_wait_ns, NULL));
            assert_result(VYRE_OK, vyre_ticket_wait(tickets[i], 0, NULL)); // as often as one likes
        }
        vyre_ticket_destroy(&tickets[i]);
    }
    assert_int_equal(words[0], COUNT * 4 * 32);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

struct thread_work {
    struct vyre_device *device;
    struct vyre_kernel *kernel;
    struct vyre_kernel *faulty;
    unsigned wrong;
};

static unsigned wait_for(struct vyre_kernel *kernel, const struct vyre_argument *arguments,
                         enum vyre_result expected)
{
    struct vyre_ticket *ticket = NULL;
    enum vyre_result result = vyre_dispatch(
        kernel, vyre_dispatch_params(.arguments = arguments, .argument_count = 2), &ticket);
    if (!result)
        result = vyre_ticket_wait(ticket, test_wait_ns, NULL);
    vyre_ticket_destroy(&ticket);
    return result != expected;
}

static void *dispatch_thread(void *argument)
{
    enum { ROUNDS = 60, WORDS = 200 };
    struct thread_work *work = argument;
    struct vyre_argument arguments[2] = { { .offset = 0 }, { .offset = 0 } };
    void *host[2] = { NULL, NULL };
    for (unsigned b = 0; b < 2; b++) {
        if (vyre_buffer_create(work->device, vyre_buffer_params(.size = 4 * WORDS),
                               &arguments[b].buffer) ||
            vyre_buffer_map(arguments[b].buffer, &host[b])) {
            work->wrong++;
            return NULL;
        }
    }
    uint32_t *in = host[0];
    const uint32_t *out = host[1];
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < WORDS; i++)
            in[i] = i * round + 3;
        work->wrong += wait_for(work->kernel, arguments, VYRE_OK);
        for (uint32_t i = 0; i < WORDS; i++)
            work->wrong += out[i] != (i * round + 3) * 3 + 1;
        // Every record belongs to one dispatch, whoever else is faulting.
        in[5] = round % 3;
        memset(in, 0, 20);
        memset(in + 6, 0, 4 * (WORDS - 6));
        work->wrong += wait_for(work->faulty, arguments, round % 3 ? VYRE_ERR_FAULT : VYRE_OK);
    }
    for (unsigned b = 0; b < 2; b++)
        vyre_buffer_destroy(&arguments[b].buffer);
    return NULL;
}

static void threads_share_a_kernel(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    struct vyre_device *device = test_device(NULL);
    struct thread_work work[THREADS];
    pthread_t threads[THREADS];
    struct vyre_kernel *kernel = test_kernel(device, triple_text, NULL);
    struct vyre_kernel *faulty = test_kernel(device, trap_text, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        work[i] = (struct thread_work){ device, kernel, faulty, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, dispatch_thread, &work[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(work[i].wrong, 0);
    }
    vyre_kernel_destroy(&kernel);
    vyre_kernel_destroy(&faulty);
    test_device_done(&device);
}

// Dispatches one workgroup of `text` with one word of input and expects a fault that is told as
// `message`.
static void expect_fault(struct vyre_device *device, const char *text, uint32_t input,
                         const char *message)
{
    struct vyre_kernel *kernel = test_kernel(device, text, NULL);
    uint32_t *words[2];
    struct vyre_argument arguments[2] = { { .buffer = test_buffer(device, 64, &words[0]) },
                                          { .buffer = test_buffer(device, 64, &words[1]) } };
    words[0][0] = input;
    struct vyre_ticket *ticket = NULL;
    assert_result(VYRE_OK,
                  vyre_dispatch(kernel,
                                vyre_dispatch_params(.arguments = arguments, .argument_count = 2,
                                                     .grid = { 1, 1, 1 }),
                                &ticket));
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_ERR_FAULT, vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(&diags)));
    assert_string_equal(diags.text, message);
    assert_result(VYRE_ERR_FAULT, vyre_ticket_wait(ticket, 0, NULL)); // it stays a fault
    vyre_ticket_destroy(&ticket);

    words[0][0] = 0; // and the next dispatch knows nothing of it
    test_dispatch(kernel, arguments, 2, NULL);
    vyre_buffer_destroy(&arguments[0].buffer);
    vyre_buffer_destroy(&arguments[1].buffer);
    vyre_kernel_destroy(&kernel);
}

static void a_trap_fails_the_dispatch_and_is_named(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    expect_fault(device, trap_text, 1, "K007 trap 'one' with address 0 in workgroup 0");
    expect_fault(device, trap_text, 2, "K007 trap 'two' with address 42 in workgroup 0");
    test_device_done(&device);
}

// Traps and loops that nobody can reach are dropped; the others keep their numbers.
static void optimised_kernels_name_the_right_fault(void **state)
{
    (void)state;
    const struct vyre_pretend pretend = { .loop_limit = 1000 };
    struct vyre_device *device = test_device(&pretend);
    static const char text[] = "workgroup 1\n"
                               "buffer in : u32[] readonly @0\n"
                               "buffer out : u32[] readwrite @1\n"
                               "if 1 > 2 {\n    trap(1, \"never\")\n}\n"
                               "loop i in 5..5 {\n    trap(2, \"nor this\")\n}\n"
                               "if in[0] == 1 {\n    trap(in[0], \"reached\")\n}\n"
                               "loop k in 0..in[0] * 1000 {\n    out[k % 4] = k\n}\n";
    expect_fault(device, text, 1, "K007 trap 'reached' with address 1 in workgroup 0");
    expect_fault(device, text, 2,
                 "K008 loop 1 over 'k' did not end: its counter was 1000 in workgroup 0");
    test_device_done(&device);
}

static void an_exhausted_loop_fails_the_dispatch_and_is_named(void **state)
{
    (void)state;
    const struct vyre_pretend pretend = { .loop_limit = 1000 };
    struct vyre_device *device = test_device(&pretend);
    struct vyre_kernel *kernel = test_kernel(device, loop_text, NULL);
    uint32_t *words[2];
    struct vyre_argument arguments[2] = { { .buffer = test_buffer(device, 4, &words[0]) },
                                          { .buffer = test_buffer(device, 4, &words[1]) } };
    words[0][0] = 500;
    test_dispatch(kernel, arguments, 2, NULL);
    assert_int_equal(words[1][0], 500 * 499 / 2);

    words[0][0] = 5000;
    struct vyre_ticket *ticket = NULL;
    assert_result(VYRE_OK,
                  vyre_dispatch(kernel,
                                vyre_dispatch_params(.arguments = arguments, .argument_count = 2),
                                &ticket));
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_ERR_FAULT, vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(&diags)));
    assert_memory_equal(diags.text, "K008 loop 0 over 'i' did not end: its counter was ", 50);
    vyre_ticket_destroy(&ticket);
    vyre_buffer_destroy(&arguments[0].buffer);
    vyre_buffer_destroy(&arguments[1].buffer);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

// ---- Refusals -----------------------------------------------------------------------------------

static void expect_refusal(struct vyre_kernel *kernel, enum vyre_result expected, const char *code,
                           const struct vyre_dispatch_params *params)
{
    struct test_diags diags = { .size = 0 };
    struct vyre_dispatch_params reporting = *params;
    reporting.diag = test_diag_sink(&diags);
    struct vyre_ticket *ticket = NULL;
    assert_result(expected, vyre_dispatch(kernel, &reporting, &ticket));
    assert_null(ticket);
    assert_memory_equal(diags.text, code, strlen(code));
}

static void keep_place(void *user, const struct vyre_diag *diag)
{
    snprintf(user, 200, "%u:%u %s %s", diag->line, diag->column, diag->code, diag->text);
}

static void refusals_point_at_the_declaration(void **state)
{
    (void)state;
    static const char text[] = "workgroup 64\n"
                               "buffer in  : u32[16] readonly  @0\n"
                               "buffer odd : tensor[4] readonly @1\n"
                               "buffer out : u32[] readwrite @2\n"
                               "out[gid.x] = in[gid.x]\n";
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, text, NULL);
    uint32_t *words = NULL;
    struct vyre_buffer *buffer = test_buffer(device, 1024, &words);
    char said[200] = "";
    const struct vyre_diag_sink sink = { keep_place, said };
    struct vyre_ticket *ticket = NULL;
    struct vyre_argument arguments[3] = { { buffer, 0, 4 },
                                          { buffer, 256, 4 },
                                          { buffer, 512, 4 } };
    const struct vyre_dispatch_params params = {
        .arguments = arguments, .argument_count = 3, .grid = { 1, 1, 1 }, .diag = &sink
    };
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_dispatch(kernel, &params, &ticket));
    assert_non_null(strstr(said, "2:8 K002 argument 'in' has 4 bytes"));
    arguments[0].size = 64;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_dispatch(kernel, &params, &ticket));
    assert_non_null(strstr(said, "3:8 K002 argument 'odd': 4 elements of "));
    assert_non_null(strstr(said, "which have no size"));
    assert_null(strstr(said, " 0 bytes"));
    vyre_buffer_destroy(&buffer);
    vyre_kernel_destroy(&kernel);
    test_device_done(&device);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    static const char text[] = "workgroup 64\n"
                               "buffer in  : u32[16] readonly  @0\n"
                               "buffer out : u32[] readwrite @1\n"
                               "shared tile : u32[8]\n"
                               "out[gid.x] = in[gid.x]\n";
    struct vyre_device *device = test_device(NULL);
    struct vyre_device *other = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, text, NULL);
    uint32_t *words = NULL;
    struct vyre_buffer *buffer = test_buffer(device, 1024, &words);
    struct vyre_buffer *foreign = test_buffer(other, 1024, &words);
#define REFUSED(result, code, count, ...)                                                          \
    expect_refusal(                                                                                \
        kernel, result, code,                                                                      \
        vyre_dispatch_params(.arguments = (const struct vyre_argument[]){ __VA_ARGS__ },           \
                             .argument_count = (count)))
    const enum vyre_result invalid = VYRE_ERR_INVALID_ARGUMENT;
    REFUSED(invalid, "K001 1 arguments; the kernel has 2", 1, { buffer, 0, 64 });
    REFUSED(invalid, "K001", 3, { buffer, 0, 64 }, { buffer, 256, 64 }, { buffer, 512, 64 });
    REFUSED(invalid, "K001 argument 'out' has no buffer", 2, { buffer, 0, 64 }, { NULL, 0, 0 });
    REFUSED(invalid, "K001 argument 'in'", 2, { buffer, 4, 64 }, { buffer, 256, 64 });
    REFUSED(invalid, "K001 argument 'in'", 2, { buffer, 1280, 0 }, { buffer, 256, 64 });
    REFUSED(invalid, "K001 argument 'out'", 2, { buffer, 0, 64 }, { buffer, 256, 769 });
    REFUSED(invalid, "K001 argument 'out'", 2, { buffer, 0, 64 }, { buffer, 256, UINT64_MAX });
    REFUSED(invalid, "K001 a buffer belongs", 2, { foreign, 0, 64 }, { buffer, 256, 64 });
    REFUSED(invalid, "K002 argument 'in' has 63 bytes", 2, { buffer, 0, 63 }, { buffer, 256, 64 });
    REFUSED(invalid, "K003 arguments 'in' and 'out' overlap", 2, { buffer, 0, 0 },
            { buffer, 256, 4 });
    REFUSED(invalid, "K003", 2, { buffer, 256, 64 }, { buffer, 0, 257 });
#undef REFUSED
    const struct vyre_argument good[2] = { { buffer, 0, 256 }, { buffer, 256, 64 } };
    expect_refusal(kernel, invalid, "K001", vyre_dispatch_params(.argument_count = 2));
    expect_refusal(
        kernel, invalid, "K005 a grid of 1 x 0 x 1 workgroups has none",
        vyre_dispatch_params(.arguments = good, .argument_count = 2, .grid = { 1, 0, 1 }));
    expect_refusal(
        kernel, VYRE_ERR_LIMIT, "K005",
        vyre_dispatch_params(.arguments = good, .argument_count = 2, .grid = { 1, UINT32_MAX, 1 }));
    test_dispatch(kernel, good, 2, NULL); // side by side is no overlap

    struct vyre_ticket *ticket = NULL;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_dispatch(kernel, NULL, &ticket));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_dispatch(NULL, vyre_dispatch_params(.diag = NULL), &ticket));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ticket_wait(NULL, 0, NULL));
    vyre_ticket_destroy(&ticket);
    vyre_ticket_destroy(NULL);
    vyre_buffer_destroy(&buffer);
    vyre_buffer_destroy(&foreign);
    vyre_kernel_destroy(&kernel);
    vyre_kernel_destroy(&kernel);
    test_device_done(&other);
    test_device_done(&device);
}

static void programs_that_cannot_be_kernels_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *text;
        enum vyre_result result;
        const char *code;
    } cases[] = {
        { "workgroup 64\nbuffer o : u32[] readwrite @0\no[x] = 1\n", VYRE_ERR_INVALID_PROGRAM,
          "V" },
        { "workgroup 64\nbuffer o : u32[] readwrite @0\no[0] = param(0)\n", VYRE_ERR_UNSUPPORTED,
          "K009" },
        { "workgroup 64 64\nbuffer o : u32[] readwrite @0\no[0] = 1\n", VYRE_ERR_UNSUPPORTED,
          "L008" },
    };
    struct vyre_device *device = test_device(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct test_diags diags = { .size = 0 };
        struct vyre_program *program = test_program(cases[i].text);
        struct vyre_kernel *kernel = NULL;
        enum vyre_result result = vyre_kernel_create(
            device, vyre_kernel_params(.program = program, .diag = test_diag_sink(&diags)),
            &kernel);
        if (result != cases[i].result)
            fail_msg("case %zu: %s %s", i, vyre_result_name(result), diags.text);
        assert_null(kernel);
        assert_memory_equal(diags.text, cases[i].code, strlen(cases[i].code));
        vyre_program_destroy(&program);
    }
    struct vyre_kernel *kernel = NULL;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_kernel_create(device, NULL, &kernel));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_kernel_create(device, vyre_kernel_params(.program = NULL), &kernel));
    test_device_done(&device);
}

// ---- Lifetimes and memory -----------------------------------------------------------------------

static void objects_may_go_in_any_order(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel *kernel = test_kernel(device, triple_text, NULL);
    struct vyre_argument arguments[2];
    uint32_t *words[2];
    for (unsigned b = 0; b < 2; b++)
        arguments[b] = (struct vyre_argument){ .buffer = test_buffer(device, 4096, &words[b]) };
    words[0][1000] = 5;
    struct vyre_ticket *ticket = NULL;
    assert_result(VYRE_OK,
                  vyre_dispatch(kernel,
                                vyre_dispatch_params(.arguments = arguments, .argument_count = 2),
                                &ticket));
    vyre_kernel_destroy(&kernel);
    vyre_device_destroy(&device);
    vyre_buffer_destroy(&arguments[0].buffer);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_ticket_wait(ticket, UINT64_MAX, NULL));
    assert_result(VYRE_OK, vyre_ticket_wait(ticket, test_wait_ns, NULL));
    vyre_ticket_destroy(&ticket);
    assert_int_equal(words[1][1000], 16);
    vyre_buffer_destroy(&arguments[1].buffer);
}

static void every_failed_allocation_is_survived(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_program *program = test_program(trap_text);
    uint32_t *words = NULL;
    struct vyre_buffer *buffer = test_buffer(device, 1024, &words);
    const struct vyre_argument arguments[2] = { { buffer, 0, 64 }, { buffer, 256, 64 } };
    assert_true(test_fail_each_allocation(device, program, arguments, 2) > 20);
    vyre_buffer_destroy(&buffer);
    vyre_program_destroy(&program);
    test_device_done(&device);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_lengths_are_exact_for_every_size),
        cmocka_unit_test(ranges_of_one_buffer_are_arguments),
        cmocka_unit_test(a_given_grid_is_taken_as_it_is),
        cmocka_unit_test(sliced_grids_keep_their_ids),
        cmocka_unit_test(many_dispatches_are_in_flight_at_once),
        cmocka_unit_test(threads_share_a_kernel),
        cmocka_unit_test(a_trap_fails_the_dispatch_and_is_named),
        cmocka_unit_test(optimised_kernels_name_the_right_fault),
        cmocka_unit_test(an_exhausted_loop_fails_the_dispatch_and_is_named),
        cmocka_unit_test(refusals_point_at_the_declaration),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(programs_that_cannot_be_kernels_are_refused),
        cmocka_unit_test(objects_may_go_in_any_order),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
