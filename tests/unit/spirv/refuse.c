// SPDX-License-Identifier: MIT
// What is not compiled: each refusal has its code, and says what and where.
#include "check.h"

#include "base/str.h"
#include "ir/draft.h"
#include "spirv/lower.h"

struct refusal {
    const char *code;
    const char *says; // a part of the message
    const char *text;
};

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static void expect(const struct refusal *refusal, const struct vyre_target *target)
{
    struct vyre_program *program = parse(refusal->text);
    struct test_diags diags = { 0 };
    struct vyre_module *module;
    enum vyre_result result = vyre_compile(
        program, vyre_compile_params(.target = target, .diag = test_diag_sink(&diags)), &module);
    assert_null(module);
    if (result != VYRE_ERR_UNSUPPORTED || diags.count != 1 ||
        strncmp(diags.text, refusal->code, 4) != 0 || !strstr(diags.text, refusal->says))
        fail_msg("%s: %u diagnostics, %s\nexpected %s with %s from\n%s", vyre_result_name(result),
                 diags.count, diags.text, refusal->code, refusal->says, refusal->text);
    vyre_program_destroy(&program);
}

#define OUT "buffer out : u32[] readwrite @0\n"

static void constructs(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        { "L001", "CompareExchangeWeak", OUT "let x = atomic_compare_exchange_weak(out[0], 1)" },
        { "L024", "group 3", OUT "all_reduce(out, sum, 3)" },
        { "L024", "root 1", OUT "out[0] = 1\nbroadcast(out, 1, 0)" },
        { "L002", "vec<f32;5>",
          OUT "buffer v : vec<f32;5>[] readonly @1\nlet x = v[0]\nout[0] = 1" },
        { "L002", "bytes",
          OUT "buffer b : bytes[] readonly @1 bytes_extraction\nlet x = b[0]\nout[0] = 1" },
        { "L003", "u32 and i32", OUT "out[0] = 1 + (i32(out[1]) & 3i)" },
        { "L003", "select", OUT "out[0] = select(out[2], 1, i32(out[1]) & 3i)" },
        { "L004", "MulHigh", OUT "out[0] = mul_high(i32(out[0]), 2i)" },
        { "L003", "u64 and u32", OUT "out[0] = wrapping_add(u64(out[0]), u64(1)) + out[1]" },
        { "L004", "MulHigh is not defined for f32", OUT "out[0] = mul_high(f32(out[0]), 2.0)" },
        { "L004", "bytes", OUT "buffer h : f16[] readonly @1\nlet x = h[0] == h[1]\nout[0] = 1" },
        { "L004", "8 bytes", OUT "out[0] = u32(cast<vec2<u32>>(out[1]))" },
        { "L004", "bool", OUT "out[0] = wrapping_add(true, false)" },
        { "L007", "grid", "workgroup 2\n" OUT "barrier grid_sync\nout[0] = 1" },
        { "L013", "u32 to i32", OUT "let x = 1\nx = i32(out[0]) % 2i\nout[0] = x" },
    };
    struct vyre_target target;
    check_target(&target, 2, 1);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        expect(&refusals[i], &target);
}

static void exact_floats_without_64_bits(void **state)
{
    (void)state;
    struct vyre_program *program = parse(OUT "out[0] = u32(sin(f32(out[1])))");
    struct vyre_module *module;
    struct test_diags diags = { 0 };
    struct vyre_target target;
    check_target(&target, 2, 1);
    struct vyre_compile_params params = { .target = &target,
                                          .float_mode = VYRE_FLOAT_EXACT,
                                          .diag = test_diag_sink(&diags) };
    assert_result(VYRE_ERR_UNSUPPORTED, vyre_compile(program, &params, &module));
    assert_non_null(strstr(diags.text, "L030 sin bit for bit takes 64-bit floats (shaderFloat64)"));
    params.float_mode = VYRE_FLOAT_STRICT;
    assert_result(VYRE_OK, vyre_compile(program, &params, &module));
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
}

static void barriers_outside_uniform_flow(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        // Each of these passes the validator, which looks at every construct once.
        { "L005", "uniform",
          "workgroup 64\n" OUT "let u = 0\nif lid.x > 3 { u = 1 }\nif u { barrier }" },
        { "L005", "uniform",
          "workgroup 64\n" OUT "let u = 0\nloop i in 0..2 { if u { barrier }\nu = lid.x }" },
        // Returning does not make a value uniform.
        { "L005", "uniform",
          "workgroup 64\n" OUT "let u = 0\nif lid.x > 3 { u = 1\nreturn }\nif u { barrier }" },
    };
    struct vyre_target target;
    check_target(&target, 2, 1);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        expect(&refusals[i], &target);
}

static void programs_beyond_the_target(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        { "L008", "65 invocations along z", "workgroup 1 1 65\n" OUT },
        { "L008", "256 invocations", "workgroup 16 16\n" OUT },
        { "L009", "16388 bytes", "workgroup 1\nshared s : u32[4097]\n" },
        { "L010", "5 storage buffers",
          "buffer a : u32[] readonly @0\nbuffer b : u32[] readonly @1\n"
          "buffer c : u32[] readonly @2\nbuffer d : u32[] readonly @3\n"
          "buffer e : u32[] readonly @4\n" },
        { "L010", "fault record",
          "buffer a : u32[] readonly @0\nbuffer b : u32[] readonly @1\n"
          "buffer c : u32[] readonly @2\nbuffer d : u32[] readwrite @3\n"
          "loop i in 0..len(a) { d[i] = 1 }" },
        { "L018", "134217732 bytes", "buffer big : u32[33554433] readonly @0\n" },
        { "L018", "buffer big", "buffer big : u8[134217729] writeonly @0\n" },
        { "L011", "132 bytes", OUT "out[0] = param(31)" },
        { "L011", "push", OUT "out[0] = param(4294967295)" },
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        expect(&refusals[i], NULL);
    struct vyre_target target;
    vyre_target_default(&target);
    target.loop_limit = 1000;
    expect(&(const struct refusal){ "L015", "4097 passes", "workgroup 1\nshared s : u32[4096]\n" },
           &target);
}

static void place_of_a_refusal(void *user, const struct vyre_diag *diag)
{
    *(bool *)user = diag->line == 4 && diag->column == 14 && diag->path && diag->fix &&
                    strcmp(diag->path, "entry[0].body[1].then[0]") == 0 &&
                    strncmp(diag->line_text, "    out[1] = mul_high", 20) == 0;
}

static void refusals_say_where(void **state)
{
    (void)state;
    struct vyre_program *program = parse("buffer out : u32[] readwrite @0\n"
                                         "let a = 1\n"
                                         "if a {\n"
                                         "    out[1] = mul_high(i32(a), 2i)\n"
                                         "}\n");
    bool placed = false;
    const struct vyre_diag_sink sink = { place_of_a_refusal, &placed };
    struct vyre_module *module;
    assert_result(VYRE_ERR_UNSUPPORTED,
                  vyre_compile(program, vyre_compile_params(.diag = &sink), &module));
    assert_true(placed);
    vyre_program_destroy(&program);
}

static void broken_contracts(void **state)
{
    (void)state;
    struct vyre_module *module;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_compile(NULL, NULL, &module));
    assert_null(module);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, spv_lower(NULL, NULL, &module));
    struct vyre_program *program = parse(OUT "out[0] = nowhere[1]");
    assert_result(VYRE_ERR_INVALID_PROGRAM, vyre_compile(program, NULL, &module));
    assert_result(VYRE_ERR_INVALID_PROGRAM, spv_lower(program, NULL, &module));
    assert_null(module);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_compile(program, NULL, NULL));
    vyre_program_destroy(&program);
}

static void keep_fix(void *user, const struct vyre_diag *diag)
{
    char *text = user;
    snprintf(text, 600, "%s %s | %s", diag->code, diag->text, diag->fix);
}

// Bodies of ops take the place of their calls.
static void replaced(void **state)
{
    (void)state;
    static const struct vyre_op_operand word = { "u32", NULL };
    static const char *const capabilities[] = { "magic" };
    struct test_diags diags = { 0 };
    struct vyre_registry *registry;
    struct vyre_module *module;
    struct vyre_program *body = parse("buffer a : u32[1] readonly @0\n"
                                      "buffer out : u32[1] readwrite @1 output\n"
                                      "loop i in 0..a[0] { out[0] = out[0] * 3 + i }");
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    assert_result(VYRE_OK,
                  vyre_registry_add_op(
                      registry, vyre_op_params(.id = "fold", .inputs = &word, .input_count = 1,
                                               .outputs = &word, .output_count = 1,
                                               .capability = "magic", .program = body)));
    vyre_program_destroy(&body);
    struct vyre_program *program =
        parse("buffer out : u32[] readwrite @0\nbuffer in : u32[] readonly @1\n"
              "out[gid.x] = call \"fold\"(in[gid.x] & 7) + call \"fold\"(2)\n");
    assert_result(
        VYRE_ERR_UNSUPPORTED,
        vyre_compile(program,
                     vyre_compile_params(.registry = registry, .diag = test_diag_sink(&diags)),
                     &module));
    assert_int_equal(strncmp(diags.text, "L016", 4), 0);
    diags = (struct test_diags){ 0 };
    if (vyre_compile(program,
                     vyre_compile_params(.registry = registry, .capabilities = capabilities,
                                         .capability_count = 1, .diag = test_diag_sink(&diags)),
                     &module))
        fail_msg("%s", diags.text);
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    const char *said = check_words(VYRE_ENV_VULKAN_1_1, words, count);
    if (said)
        fail_msg("%s", said);
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
    // The same without the call of the compiler, for those who make kernels and rings.
    program = parse("buffer out : u32[] readwrite @0\nout[gid.x] = call \"fold\"(gid.x)");
    struct vyre_program *inlined;
    assert_result(VYRE_OK,
                  vyre_registry_inline(registry, program, capabilities, 1, NULL, &inlined));
    check_everywhere(inlined);
    vyre_program_destroy(&inlined);
    vyre_program_destroy(&program);
    program = parse(OUT "broadcast(out, 1, 0)");
    assert_result(VYRE_ERR_UNSUPPORTED, vyre_compile(program, NULL, &module));
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

// Says which op, what it needs, who does not have that, and who would.
static void ops(void **state)
{
    (void)state;
    char text[600] = "";
    const struct vyre_diag_sink sink = { keep_fix, text };
    struct vyre_registry *registry;
    struct vyre_module *module;
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    assert_result(VYRE_OK, vyre_registry_add_standard_ops(registry, NULL));
    assert_result(VYRE_OK, vyre_registry_add_op(registry, vyre_op_params(.id = "plain")));
    struct vyre_program *program = parse(OUT "let x = call \"mem.zerocopy_map\"(3i)");
    assert_result(
        VYRE_ERR_UNSUPPORTED,
        vyre_compile(program, vyre_compile_params(.registry = registry, .diag = &sink), &module));
    assert_int_equal(strncmp(text, "L016", 4), 0);
    assert_non_null(strstr(text, "'mem.zerocopy_map' needs 'zerocopy_map'"));
    assert_non_null(strstr(text, "the SPIR-V compiler"));
    assert_non_null(strstr(text, "by a runtime that maps files"));
    // Of an op that is not known nothing more can be said.
    assert_result(VYRE_ERR_UNSUPPORTED,
                  vyre_compile(program, vyre_compile_params(.diag = &sink), &module));
    assert_int_equal(strncmp(text, "L017", 4), 0);
    vyre_program_destroy(&program);
    program = parse(OUT "out[0] = 1 + call \"plain\"()");
    assert_result(
        VYRE_ERR_UNSUPPORTED,
        vyre_compile(program, vyre_compile_params(.registry = registry, .diag = &sink), &module));
    assert_int_equal(strncmp(text, "L017", 4), 0);
    vyre_program_destroy(&program);
    program = parse(OUT "out[0] = call \"unknown\"()");
    assert_result(
        VYRE_ERR_INVALID_PROGRAM,
        vyre_compile(program, vyre_compile_params(.registry = registry, .diag = &sink), &module));
    assert_int_equal(strncmp(text, "V016", 4), 0);
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

// `depth` branches around each other, behind a return before the barrier at the end; with
// `returns`, each of them has one, too.
static void put_nest(struct str *text, unsigned depth, bool has_else, bool returns,
                     const char *innermost)
{
    str_printf(text, "workgroup 8\nbuffer in : u32[] readonly @0\n"
                     "buffer out : u32[] readwrite @1\nshared t : u32[8]\nt[lid.x] = in[gid.x]\n"
                     "if in[gid.x] == 5 { return }\n");
    for (unsigned i = 0; i < depth; i++)
        str_printf(text, "if in[gid.x + %u] != 7 {\n%sout[gid.x] = %u\n", i,
                   returns ? "if in[gid.x] == 9 { return }\n" : "", i);
    str_printf(text, "%s\n", innermost);
    for (unsigned i = 0; i < depth; i++)
        str_printf(text, "}%s\n", has_else ? " else { out[gid.x] = 3 }" : "");
    str_printf(text, "barrier\nout[gid.x + 9] = t[7 - lid.x]\n");
}

// Branches that the compiler adds, for those who left and in its library, count as well.
static void deep_nests(void **state)
{
    (void)state;
    static const struct {
        unsigned depth;
        bool has_else, returns;
        const char *innermost;
        bool taken;
    } cases[] = {
        { 20, true, false, "out[0] = 1", true },
        { 77, true, false, "out[0] = 1", true },
        { 78, false, false, "out[0] = 1", true },
        { 79, false, false, "if in[0] == 3 { out[0] = 1 }", false },
        { 60, false, true, "out[0] = 1", true },
        { 30, true, true, "out[0] = 1", true },
        { 40, true, true, "out[0] = 1", false },
        { 40, false, false, "out[0] = u32(tanh(f32(in[0])))", true },
        { 78, false, false, "out[0] = u32(tanh(f32(in[0])))", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str text = { 0 };
        put_nest(&text, cases[i].depth, cases[i].has_else, cases[i].returns, cases[i].innermost);
        struct vyre_program *program = parse(str_text(&text));
        for (unsigned limited = 0; limited < 2; limited++) {
            struct test_diags diags = { 0 };
            struct vyre_target target;
            check_target(&target, 2, 1);
            target.nesting_limit = limited ? 80 : 0;
            struct vyre_module *module;
            // Not validated: V018 allows 64.
            const enum vyre_result result = spv_lower(
                program, vyre_compile_params(.target = &target, .diag = test_diag_sink(&diags)),
                &module);
            const bool taken = result == VYRE_OK;
            if (taken != (!limited || cases[i].taken) || (!taken && !strstr(diags.text, "L025")))
                fail_msg("case %zu, limit %u: %s\n%s", i, target.nesting_limit,
                         vyre_result_name(result), diags.text);
            vyre_module_destroy(&module);
        }
        vyre_program_destroy(&program);
        str_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_nests),
        cmocka_unit_test(constructs),
        cmocka_unit_test(replaced),
        cmocka_unit_test(exact_floats_without_64_bits),
        cmocka_unit_test(ops),
        cmocka_unit_test(barriers_outside_uniform_flow),
        cmocka_unit_test(programs_beyond_the_target),
        cmocka_unit_test(refusals_say_where),
        cmocka_unit_test(broken_contracts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
