// SPDX-License-Identifier: MIT
// Whole runs: memory, scopes, the scheduler's order, barriers, grid, host ABI, limits and failures.
#include "run.h"

#include "base/memory.h"

#define OUT(n) "buffer out : u32[" #n "] readwrite @0 output\n"

static void memory(void **state)
{
    (void)state;
    // Loads out of bounds give zero, stores and atomics are dropped.
    assert_words(OUT(4) "let a = out[4] + out[4294967295]\nout[0] = a + 7\nout[4 + a] = 9\n"
                        "out[1] = len(out)",
                 7, 4, 0, 0);
    assert_words_with(OUT(4) "let a = atomic_add(out[1], 5)\nlet b = atomic_add(out[1], a + 1)\n"
                             "let c = atomic_add(out[4], 100)\nbarrier\nout[0] = b\nout[3] = c + 1",
                      (struct vyre_interpret_params){ .grid = { 1, 1, 1 } }, WORDS(5, 6, 0, 1), 4);
    // A bool buffer holds words as they are; storing a bool writes 0 or 1.
    const uint32_t flags[] = { 2, 0 };
    const struct vyre_bytes input = { flags, sizeof flags };
    assert_words_with("buffer f : bool[2] readonly @0\nbuffer out : bool[2] readwrite @1 output\n"
                      "if gid.x == 0 {\n out[0] = f[0]\n out[1] = f[0] > f[1]\n}",
                      (struct vyre_interpret_params){ .inputs = &input, .input_count = 1 },
                      WORDS(2, 1), 2);
    // Narrow elements are byte strings that zero-extend.
    const uint8_t bytes[] = { 0xBF, 0x80, 1, 2 };
    const struct vyre_bytes narrow = { bytes, sizeof bytes };
    assert_words_with("buffer in : i8[4] readonly @0\nbuffer out : i32[4] readwrite @1 output\n"
                      "out[gid.x] = i32(in[gid.x])",
                      (struct vyre_interpret_params){ .inputs = &narrow, .input_count = 1 },
                      WORDS(0xBF, 0x80, 1, 2), 4);
    // A float slot canonicalises; the f32 buffer takes the bits of a word through a load.
    const uint32_t floats[] = { 0x7FA00001, 0x80000001, 0x3F800000 };
    const struct vyre_bytes f32s = { floats, sizeof floats };
    assert_words_with("buffer in : f32[3] readonly @0\nbuffer out : f32[3] readwrite @1 output\n"
                      "out[gid.x] = in[gid.x]",
                      (struct vyre_interpret_params){ .inputs = &f32s, .input_count = 1 },
                      WORDS(0x7FC00000, 0x80000000, 0x3F800000), 3);
    // Workgroup memory starts as zero in every workgroup.
    assert_words_with("workgroup 2\nbuffer out : u32[6] readwrite @0 output\nshared t : u32[2]\n"
                      "t[lid.x] = t[lid.x] + gid.x + 1\nbarrier\nout[gid.x] = t[1 - lid.x]",
                      (struct vyre_interpret_params){ .grid = { 3, 1, 1 } },
                      WORDS(2, 1, 4, 3, 6, 5), 6);
}

// A loaded condition is a word and a compared one is not: an error, and total where devices are.
static void conditions_of_two_kinds(void **state)
{
    (void)state;
    static const uint32_t flags[] = { 2, 0 };
    const struct vyre_bytes input = { flags, sizeof flags };
    struct vyre_interpret_params params = { .inputs = &input, .input_count = 1, .total = true };
    static const char text[] =
        "buffer f : bool[2] readonly @0\nbuffer out : bool[8] readwrite @1 output\n"
        "if gid.x == 0 {\n let yes = f[0]\n let no = f[1]\n let one = i32(yes) % 3i\n"
        " out[0] = yes && gid.x < 2\n out[1] = gid.x < 2 && no\n out[2] = no || gid.x < 2\n"
        " out[3] = one || no\n out[4] = yes == gid.x < 2\n out[5] = yes != true\n"
        " out[6] = no == false\n out[7] = yes == no\n}";
    assert_words_with(text, params, WORDS(1, 0, 1, 1, 1, 0, 1, 0), 8);
    params.total = false;
    assert_fails_with(text, params, VYRE_ERR_EXECUTION, "X013");
    // What the compiler refuses stays an error.
    params.total = true;
    assert_fails_with("buffer f : bool[2] readonly @0\nlet x = f[0] < (gid.x < 2)", params,
                      VYRE_ERR_EXECUTION, "X013");
    assert_fails_with("buffer f : bool[2] readonly @0\nlet one = i32(f[0]) % 3i\n"
                      "let x = one == f[0]",
                      params, VYRE_ERR_INVALID_PROGRAM, "V151");
}

static void control_flow(void **state)
{
    (void)state;
    assert_words(OUT(4) "let s = 0\nloop i in 2..5 {\n let t = i * 10\n s = s + t\n}\nout[0] = s\n"
                        "loop i in 5..2 {\n out[1] = 1\n}\nlet n = 3\nloop i in 0..n {\n n = 0\n"
                        " out[2] = out[2] + 1\n}\nif gid.x == 0 {\n out[3] = 1\n return\n}\n",
                 90, 0, 12, 1);
    // Scopes end with their lists, so the same name may follow.
    assert_words(OUT(1) "{\n let a = 1\n}\n{\n let a = 2\n out[0] = a\n}\nregion \"r\" {\n"
                        " let a = 3\n out[0] = out[0] + a\n}",
                 5);
    // Every select evaluates both of its values.
    assert_words(OUT(2) "let a = select(false, atomic_add(out[1], 5), 7)\nbarrier\n"
                        "out[0] = a",
                 7, 10);
    assert_words("unwrapped\n" OUT(1) "let a = 3\nout[0] = a", 3);
    assert_fails("unwrapped\n" OUT(1) "out[0] = 3", "X009");
    assert_fails("unwrapped\n", "X009");
    assert_fails(OUT(1) "let z = i32(out[0])\nlet a = 1i / z", "X015");
    assert_fails(OUT(1) "let a = out[i32(out[0]) - 1i]", "X016");
    assert_fails(OUT(1) "trap(7, \"page\")", "X020");
    assert_fails(OUT(1) "let a = true && 1", "X013");
    assert_fails(OUT(1) "out = 1", "X011");
    assert_fails(OUT(1) "let a = atomic_nand(out[0], 1)", "X019");
    assert_fails(OUT(1) "let a = subgroup_size()", "X019");
    assert_fails(OUT(1) "resume(\"x\")", "X019");
    assert_fails(OUT(1) "indirect_dispatch(out, 0)", "X019");
    // The validator does not look at trap addresses.
    assert_fails(OUT(1) "trap(none[0], \"page\")", "X023");
    assert_fails(OUT(1) "trap(gid.7, \"page\")", "X023");
    assert_fails(OUT(1) "trap(missing, \"page\")", "X011");
}

// Rounds: every invocation executes one statement before any executes its next.
static void racy_order(void **state)
{
    (void)state;
    assert_words("workgroup 4\nbuffer out : u32[4] readwrite @0 output\n"
                 "buffer n : u32[1] readwrite @1 liveout\n"
                 "let slot = atomic_add(n[0], 1)\nout[slot] = lid.x",
                 0, 1, 2, 3);
    // Invocation 0 takes a step more before it appends.
    assert_words("workgroup 4\nbuffer out : u32[4] readwrite @0 output\n"
                 "buffer n : u32[1] readwrite @1 liveout\n"
                 "if lid.x == 0 {\n}\nloop i in 0..lid.x % 2 {\n}\n"
                 "let slot = atomic_add(n[0], 1)\nout[slot] = lid.x",
                 0, 2, 1, 3);
    // The last writer is the one that ticks last.
    assert_words("workgroup 4\n" OUT(1) "if lid.x < 2 {\n let x = 1\n}\nout[0] = lid.x + 1", 2);
}

static void barriers(void **state)
{
    (void)state;
    assert_words("workgroup 4\nbuffer out : u32[4] readwrite @0 output\nshared t : u32[4]\n"
                 "loop r in 0..3 {\n t[lid.x] = t[lid.x] + lid.x\n barrier\n"
                 " out[lid.x] = out[lid.x] + t[3 - lid.x]\n barrier\n}",
                 18, 12, 6, 0);
    // Those that returned are not waited for.
    assert_words("workgroup 4\nbuffer out : u32[4] readwrite @0 output\n"
                 "if lid.x > 1 {\n return\n}\nbarrier\nout[lid.x] = 1",
                 1, 1, 0, 0);
    // A condition around a barrier must be the same for all that live, and over time.
    assert_fails("workgroup 2\n" OUT(2) "let n = 1\nif lid.x == 0 {\n n = 0\n}\n"
                                        "if n == 1 {\n barrier\n}",
                 "X021");
    assert_fails("workgroup 2\n" OUT(2) "loop i in 0..2 {\n if i == 0 {\n  barrier\n }\n}", "X021");
    // Through a region nobody looks.
    assert_words("workgroup 2\n" OUT(2) "loop i in 0..2 {\n if i == 0 {\n  region \"r\" {\n"
                                        "   barrier\n  }\n }\n}\nout[lid.x] = 1",
                 1, 1);
}

static void ids_and_grid(void **state)
{
    (void)state;
    assert_words(
        "workgroup 2 2\nbuffer out : u32[12] readwrite @0 output\n"
        "let i = gid.y * 4 + gid.x\nout[i] = wid.x * 1000 + lid.x * 100 + lid.y * 10 + gid.x",
        0, 101, 1002, 1103, 10, 111, 1012, 1113, 0, 101, 1002, 1103);
    // Workgroups run one after another.
    assert_words_with("workgroup 1\n" OUT(4) "let a = out[0]\nout[0] = a + 1\nout[a + 1] = gid.x",
                      (struct vyre_interpret_params){ .grid = { 3, 1, 1 } }, WORDS(3, 0, 1, 2), 4);
    assert_words_with(OUT(2) "out[0] = 1", (struct vyre_interpret_params){ .grid = { 0, 1, 1 } },
                      WORDS(0, 0), 2);
    assert_fails_with("workgroup 65536\n" OUT(1) "if gid.x == 0 {\n}",
                      (struct vyre_interpret_params){ .grid = { 1, 65537, 1 }, .step_limit = 1 },
                      VYRE_ERR_LIMIT, "X006");
    assert_fails_with(
        "workgroup 1 1 2\n" OUT(1) "out[0] = 1",
        (struct vyre_interpret_params){ .grid = { 1, 1, 0x80000001 }, .step_limit = 100 },
        VYRE_ERR_LIMIT, "X006");
    // Three dimensions: 12 elements in workgroups of 1 are 12 workgroups on x.
    assert_words(OUT(3) "out[gid.x] = gid.x", 0, 1, 2);
}

static void extensions(void **state)
{
    (void)state;
    const uint32_t params[] = { 11, 22 };
    assert_words_with(
        OUT(4) "out[0] = param(1)\natomic_store.release(out[1], param(0))\n"
               "out[2] = atomic_load.acquire(out[1]) + atomic_load.relaxed(out[9])\n"
               "out[3] = uniform_load(out[0])\natomic_store.relaxed(out[4], 1)",
        (struct vyre_interpret_params){ .launch_params = params, .launch_param_count = 2 },
        WORDS(22, 11, 11, 22), 4);
    assert_fails_with(
        OUT(1) "out[0] = param(2)",
        (struct vyre_interpret_params){ .launch_params = params, .launch_param_count = 2 },
        VYRE_ERR_EXECUTION, "X022");
}

static void subgroups(void **state)
{
    (void)state;
    assert_words(
        "workgroup 40\n" OUT(2) "let b = subgroup_ballot(lid.x % 2 == 1)\n"
                                "if lid.x == 0 {\n out[0] = b\n}\nif lid.x == 39 {\n out[1] = b\n}",
        0xAAAAAAAA, 0xAA);
    assert_words(
        "workgroup 4\n" OUT(4) "let v = lid.x * 10\n"
                               "out[lid.x] = subgroup_shuffle(v, lid.x + 1) + subgroup_add(v)",
        70, 80, 90, 60);
    // Others contribute what they had when the round began, whether they returned or not.
    assert_words("workgroup 2\n" OUT(2) "let v = lid.x + 1\nif lid.x == 1 {\n return\n}\n"
                                        "v = 10\nout[0] = subgroup_add(v)",
                 12, 0);
    // Effects of an operand happen once per lane, for every lane that evaluates.
    assert_words("workgroup 4\n" OUT(1) "let v = subgroup_add(atomic_add(out[0], 1))", 16);
    assert_fails("workgroup 2\n" OUT(2) "if lid.x == 0 {\n let v = 1\n out[0] = subgroup_add(v)\n}",
                 "X011");
    assert_fails("workgroup 2\n" OUT(2) "let v = subgroup_add(true)", "X024");
    assert_fails("workgroup 2\n" OUT(2) "let v = subgroup_shuffle(1, 0i - 1i)", "X016");
    // Nested operands multiply the work, and that is charged.
    assert_fails_with(
        "workgroup 32\n" OUT(
            1) "let v = subgroup_add(subgroup_add(subgroup_add(subgroup_add(subgroup_add("
               "subgroup_add(subgroup_add(subgroup_add(1))))))))",
        (struct vyre_interpret_params){ .step_limit = 1000000 }, VYRE_ERR_LIMIT, "X006");
}

static void async_copies(void **state)
{
    (void)state;
    const uint32_t words[] = { 0x03020100, 0x07060504 };
    const struct vyre_bytes input = { words, sizeof words };
    const struct vyre_interpret_params params = { .inputs = &input,
                                                  .input_count = 1,
                                                  .grid = { 1, 1, 1 } };
#define IN_OUT "buffer in : u32[2] readonly @0\nbuffer out : u32[3] readwrite @1 output\n"
    // Bytes, not elements; what is read beyond the end is zero, what is written beyond is dropped.
    assert_words_with(IN_OUT "async_load(in, out, 5, 99, \"t\")\nout[1] = 9\nasync_wait(\"t\")",
                      params, WORDS(0x00070605, 0, 0), 3);
    assert_words_with(IN_OUT "async_store(in, out, 6, 4, \"t\")\nasync_wait(\"t\")", params,
                      WORDS(0, 0x01000000, 0x0302), 3);
    assert_words_with(IN_OUT "async_store(in, out, 12, 4, \"t\")\nasync_wait(\"t\")", params,
                      WORDS(0, 0, 0), 3);
    // The source is read at the start, the destination is written at the wait.
    assert_words_with(IN_OUT "out[0] = 5\nasync_load(out, out, 0, 4, \"a\")\nout[0] = 6\n"
                             "out[1] = out[0]\nasync_wait(\"a\")",
                      params, WORDS(5, 6, 0), 3);
    // A file range as vyre_builder_pull_file_async_direct reads it, where the tables are buffers.
    assert_words_with("buffer io_source_capability_table : u32[2] readonly @0\n"
                      "buffer io_destination_capability_table : u32[2] readwrite @1 output\n"
                      "let file_start = 2\nlet file_end = 5\n"
                      "async_load(io_source_capability_table, io_destination_capability_table, "
                      "file_start, file_end - file_start, \"io_queue_dma\")\n"
                      "async_wait(\"io_queue_dma\")",
                      params, WORDS(0x00040302, 0), 2);
    assert_fails_with(IN_OUT "async_load(in, out, 0, 4, \"t\")", params, VYRE_ERR_EXECUTION,
                      "X028");
    // The statement that started it is what is wrong.
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    assert_result(VYRE_ERR_EXECUTION,
                  run_text(IN_OUT "out[0] = 1\nasync_load(in, out, 0, 4, \"late\")\nout[1] = 2",
                           params, &error, &outputs));
    assert_non_null(strstr(error.text, "the copy with tag 'late' is never waited for"));
    assert_int_equal(error.line, 4);
    assert_fails_with(IN_OUT "async_wait(\"t\")", params, VYRE_ERR_EXECUTION, "X027");
    assert_fails_with(IN_OUT "async_load(in, out, 0, 4, \"t\")\nasync_load(in, out, 0, 4, \"t\")",
                      params, VYRE_ERR_EXECUTION, "X026");
    assert_fails_with(IN_OUT "async_load(in, out, 0 - 1i, 4, \"t\")", params, VYRE_ERR_EXECUTION,
                      "X013");
    assert_fails_with(IN_OUT "async_load(in, out, -1i, 4, \"t\")", params, VYRE_ERR_EXECUTION,
                      "X025");
    assert_fails_with(IN_OUT "async_load(nowhere, out, 0, 4, \"t\")", params, VYRE_ERR_EXECUTION,
                      "X023");
    assert_fails_with(IN_OUT "loop i in 0..100 {\n async_load(in, out, 0, 4, \"t\")\n}", params,
                      VYRE_ERR_EXECUTION, "X026");
}

// ---- Host ABI ----------------------------------------------------------------------------------

static void inputs_and_outputs(void **state)
{
    (void)state;
    static const char text[] = "buffer in : u32[2] readonly @0\n"
                               "buffer out : u32[2] readwrite @1 output\n"
                               "buffer both : u32[] readwrite @2\n"
                               "shared t : u32[4]\n"
                               "buffer wo : u32[2] writeonly @3\n"
                               "out[0] = in[0]\nboth[0] = len(both) + len(in)\nwo[1] = 5\n";
    const uint32_t words[] = { 1, 2, 3, 4 };
    const struct vyre_bytes given[] = { { words, 12 }, { words, 16 }, { words, 8 }, { words, 8 } };
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    size_t buffer;
    assert_result(
        VYRE_OK, run_text(text, (struct vyre_interpret_params){ .inputs = given, .input_count = 2 },
                          &error, &outputs));
    assert_int_equal(3, vyre_outputs_count(outputs));
    assert_int_equal(8, vyre_outputs_get(outputs, 0, &buffer).size);
    assert_int_equal(1, buffer);
    const struct vyre_bytes both = vyre_outputs_get(outputs, 1, &buffer);
    assert_int_equal(2, buffer);
    assert_int_equal(16, both.size);
    // The whole input is kept, and is what `len` counts.
    assert_int_equal(7, ((const uint32_t *)both.data)[0]);
    assert_int_equal(5, ((const uint32_t *)vyre_outputs_get(outputs, 2, &buffer).data)[1]);
    assert_int_equal(4, buffer);
    assert_null(vyre_outputs_get(outputs, 3, NULL).data);
    vyre_outputs_destroy(&outputs);
    vyre_outputs_destroy(&outputs);
    // A value for every storage buffer is accepted too; those of allocated buffers are ignored.
    assert_result(
        VYRE_OK, run_text(text, (struct vyre_interpret_params){ .inputs = given, .input_count = 4 },
                          &error, &outputs));
    assert_int_equal(8, vyre_outputs_get(outputs, 1, NULL).size);
    vyre_outputs_destroy(&outputs);
    for (size_t count = 0; count <= 3; count++)
        if (count != 2)
            assert_fails_with(
                text, (struct vyre_interpret_params){ .inputs = given, .input_count = count },
                VYRE_ERR_INVALID_ARGUMENT, "X002");
    const struct vyre_bytes small[] = { { words, 7 }, { words, 4 } };
    assert_fails_with(text, (struct vyre_interpret_params){ .inputs = small, .input_count = 2 },
                      VYRE_ERR_INVALID_ARGUMENT, "X003");
    assert_words("buffer out : u32[4] readwrite @0 output range(4, 12)\nout[gid.x] = gid.x", 1, 2);
    assert_fails("buffer out : tensor[4] readwrite @0 liveout\n", "X004");
    assert_int_equal(0, vyre_outputs_count(NULL));
    struct vyre_program *program = run_parse(OUT(1));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_interpret(program, NULL, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_interpret(NULL, NULL, &outputs));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_interpret(program, vyre_interpret_params(.input_count = 1), &outputs));
    assert_result(VYRE_OK, vyre_interpret(program, NULL, &outputs));
    vyre_outputs_destroy(&outputs);
    vyre_program_destroy(&program);
}

// ---- Limits and failures -----------------------------------------------------------------------

static void limits(void **state)
{
    (void)state;
    const struct vyre_interpret_params steps = { .step_limit = 1000 };
    const struct vyre_interpret_params bytes = { .memory_limit = 65536 };
    assert_fails_with(OUT(1) "loop i in 0..4294967295 {\n}", steps, VYRE_ERR_LIMIT, "X006");
    assert_fails_with("workgroup 4294967295 4294967295 4294967295\n" OUT(1) "let a = 1",
                      (struct vyre_interpret_params){ 0 }, VYRE_ERR_LIMIT, "X005");
    assert_fails_with("workgroup 1024 1024\n" OUT(1) "let a = 1", bytes, VYRE_ERR_LIMIT, "X005");
    assert_fails_with("buffer out : u32[16385] readwrite @0 output\n", bytes, VYRE_ERR_LIMIT,
                      "X005");
    assert_fails_with("buffer out : u32[4294967295] readwrite @0 output\n",
                      (struct vyre_interpret_params){ 0 }, VYRE_ERR_LIMIT, "X005");
    assert_fails("shared a : u32[16777216]\nshared b : u32[1]\n", "X008");
    // Zeroing workgroup memory is work, however little the program does.
    assert_fails_with(
        "shared a : u32[1048576]\n",
        (struct vyre_interpret_params){ .grid = { 4294967295, 1, 1 }, .step_limit = 1000000 },
        VYRE_ERR_LIMIT, "X006");
    // An empty program on a huge grid ends too.
    assert_fails_with("workgroup 1\n",
                      (struct vyre_interpret_params){ .grid = { 4294967295, 4294967295, 1 },
                                                      .step_limit = 10000 },
                      VYRE_ERR_LIMIT, "X006");
}

// Neither the validator nor a reader of text bounds the address of a trap as the interpreter does.
static void too_deep(void **state)
{
    (void)state;
    char text[1200] = OUT(1) "{\n trap(";
    for (int i = 0; i < 130; i++)
        strcat(text, "~");
    strcat(text, "1, \"t\")\n}\n");
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    assert_result(VYRE_ERR_UNSUPPORTED,
                  run_text(text, (struct vyre_interpret_params){ 0 }, &error, &outputs));
    assert_string_equal(error.code, "X001");
    assert_int_equal(error.line, 3);
}

// One statement may hold a large expression, and a loop may repeat it: that is work too.
static void large_expressions_take_steps(void **state)
{
    (void)state;
    char text[1200] = OUT(1) "loop i in 0..100000 {\n out[0] = 1";
    for (int i = 0; i < 120; i++)
        strcat(text, "+out[0]");
    strcat(text, "\n}\n");
    assert_fails_with(text, (struct vyre_interpret_params){ .step_limit = 600000 }, VYRE_ERR_LIMIT,
                      "X006");
    assert_fails_with(OUT(1) "loop i in 0..100000 {\n out[0] = 1\n}\n",
                      (struct vyre_interpret_params){ .step_limit = 200000 }, VYRE_ERR_LIMIT,
                      "X006");
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    assert_result(VYRE_OK, run_text(OUT(1) "loop i in 0..100000 {\n out[0] = 1\n}\n",
                                    (struct vyre_interpret_params){ .step_limit = 600000 }, &error,
                                    &outputs));
    vyre_outputs_destroy(&outputs);
}

// Slices of bytes buffers and long vectors pass through locals whole, and are written clipped.
static void long_values(void **state)
{
    (void)state;
    const uint32_t words[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    const struct vyre_bytes input = { words, sizeof words };
    const struct vyre_interpret_params params = { .inputs = &input,
                                                  .input_count = 1,
                                                  .grid = { 1, 1, 1 } };
    assert_words_with("buffer in : bytes[32] readonly @0 bytes_extraction\n"
                      "buffer out : bytes[32] readwrite @1 output bytes_extraction\n"
                      "let x = in[4]\nlet y = x\nout[8] = y\nout[99 + 0] = y\nout[0] = in[30]\n",
                      params, WORDS(0, 0, 2, 3, 4, 5, 6, 7), 8);
    assert_words_with("buffer in : vec<u32;8>[1] readonly @0\n"
                      "buffer out : vec<u32;8>[1] readwrite @1 output\n"
                      "let x = in[0]\nout[0] = in[1]\nout[0] = x\n",
                      params, WORDS(1, 2, 3, 4, 5, 6, 7, 8), 8);
    assert_words_with("buffer in : vec<u32;8>[1] readonly @0\n"
                      "buffer out : vec<u32;8>[1] readwrite @1 output\n"
                      "out[0] = in[0]\nout[0] = in[1]\n",
                      params, WORDS(0, 0, 0, 0, 0, 0, 0, 0), 8);
    // A bytes buffer may be copied within itself.
    assert_words_with("buffer in : u32[8] readonly @0\n"
                      "buffer out : bytes[16] readwrite @1 output bytes_extraction\n"
                      "out[0] = in[1]\nout[4] = in[2]\nout[1] = out[0]\n",
                      params, WORDS(0x0202, 0x0300, 0, 0), 4);
    assert_fails_with(
        "buffer in : bytes[32] readonly @1 bytes_extraction\n" OUT(4) "let x = out[in[0]]", params,
        VYRE_ERR_EXECUTION, "X016");
}

// Alone, a rank has reduced and broadcast already, and gathers what it has.
static void collectives(void **state)
{
    (void)state;
    const uint32_t words[] = { 1, 2, 3 };
    const struct vyre_bytes input = { words, sizeof words };
    const struct vyre_interpret_params params = { .inputs = &input, .input_count = 1 };
#define TWO "buffer in : u32[3] readonly @0\nbuffer out : u32[4] readwrite @1 output\n"
    assert_words_with(TWO "all_gather(in, out, 0)", params, WORDS(1, 2, 3, 0), 4);
    assert_words_with(TWO "{\n reduce_scatter(in, out, max, 0)\n}", params, WORDS(1, 2, 3, 0), 4);
    assert_words_with(TWO "all_gather(in, out, 0)\nall_gather(in, out, 0)", params,
                      WORDS(1, 2, 3, 0), 4);
    // Its index variable gets out of the way of a local of that name.
    assert_words_with(TWO "let __vyre_single_rank_collective_idx_0 = 7\nall_gather(in, out, 0)\n"
                          "out[3] = __vyre_single_rank_collective_idx_0",
                      params, WORDS(1, 2, 3, 7), 4);
    assert_words_with(TWO "out[gid.x] = 5\nall_reduce(out, sum, 0)\nif true {\n"
                          " broadcast(out, 0, 0)\n}",
                      params, WORDS(5, 5, 5, 5), 4);
    assert_fails_with(TWO "all_reduce(out, sum, 1)", params, VYRE_ERR_EXECUTION, "X033");
    assert_fails_with(TWO "broadcast(out, 1, 0)", params, VYRE_ERR_EXECUTION, "X033");
    // Nothing runs before that is found, and what the program then is, is validated.
    assert_fails_with(TWO "trap(1, \"t\")\nif false {\n all_gather(in, out, 2)\n}", params,
                      VYRE_ERR_EXECUTION, "X033");
    assert_fails_with(TWO "all_gather(in, nowhere, 0)", params, VYRE_ERR_INVALID_PROGRAM, "V116");
    // An invalid program is refused as such, whoever else would be needed to run it.
    assert_fails_with(TWO "all_reduce(out, sum, 1)\nout[0] = nowhere", params,
                      VYRE_ERR_INVALID_PROGRAM, "V124");
    assert_fails_with(TWO "all_reduce(nowhere, sum, 1)", params, VYRE_ERR_INVALID_PROGRAM, "V046");
    // A diagnostic of the rewritten program still points into the text.
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    assert_result(VYRE_ERR_EXECUTION, run_text(TWO "all_reduce(out, sum, 0)\ntrap(1, \"t\")\n",
                                               params, &error, &outputs));
    assert_int_equal(error.line, 4);
}

static void errors_name_their_place(void **state)
{
    (void)state;
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    assert_result(
        VYRE_ERR_EXECUTION,
        run_text("workgroup 4 2\n" OUT(
                     1) "if gid.x == 6 {\n} else {\n"
                        "    if lid.x == 2 && wid.y == 1 {\n        trap(3, \"full\")\n    }\n}\n",
                 (struct vyre_interpret_params){ .grid = { 2, 2, 1 } }, &error, &outputs));
    assert_string_equal(error.code, "X020");
    assert_string_equal(error.path, "entry[0].body[0].otherwise[0].then[0]");
    assert_int_equal(error.line, 6);
    assert_string_equal(error.text,
                        "trap 'full' at address 3, in invocation (2, 0, 0) of workgroup "
                        "(0, 1, 0)");
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct vyre_program *program =
        run_parse("workgroup 4\nbuffer in : u32[4] readonly @0\n"
                  "buffer out : u32[4] readwrite @1 output\nshared t : u32[4]\n"
                  "let x = in[gid.x]\nif wid.x == 0 {\n barrier\n}\nout[gid.x] = subgroup_add(x)\n"
                  "async_load(in, out, 0, 4, \"a\")\nasync_wait(\"a\")\n"
                  "all_reduce(out, sum, 0)\n");
    const uint32_t words[] = { 1, 2, 3, 4 };
    const struct vyre_bytes input = { words, sizeof words };
    struct vyre_outputs *outputs;
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        memory_fail_nth(n);
        enum vyre_result result = vyre_interpret(
            program, vyre_interpret_params(.inputs = &input, .input_count = 1), &outputs);
        failed = memory_fail_nth(0) >= n;
        assert_result(failed ? VYRE_ERR_NO_MEMORY : VYRE_OK, result);
        assert_true(failed == (outputs == NULL));
    }
    vyre_outputs_destroy(&outputs);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory),
        cmocka_unit_test(conditions_of_two_kinds),
        cmocka_unit_test(control_flow),
        cmocka_unit_test(racy_order),
        cmocka_unit_test(barriers),
        cmocka_unit_test(ids_and_grid),
        cmocka_unit_test(extensions),
        cmocka_unit_test(subgroups),
        cmocka_unit_test(async_copies),
        cmocka_unit_test(inputs_and_outputs),
        cmocka_unit_test(limits),
        cmocka_unit_test(too_deep),
        cmocka_unit_test(large_expressions_take_steps),
        cmocka_unit_test(long_values),
        cmocka_unit_test(collectives),
        cmocka_unit_test(errors_name_their_place),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
