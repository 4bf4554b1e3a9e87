// SPDX-License-Identifier: MIT
// Debug information: names, and which line of the text an instruction comes from. The tests read
// the module word by word, because nothing else must decide what they mean.
#include "check.h"

#include "spirv/lower.h"

#include <spirv/unified1/spirv.h>
#include <stdlib.h>

// What the module says of the place of one instruction.
struct place {
    uint32_t line, column; // 0: nothing
};

struct module {
    struct vyre_module *module;
    const uint32_t *words;
    size_t count;
};

static struct module compile(const char *name, const char *text, bool debug_info, bool optimize)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    struct vyre_target target;
    struct module made;
    check_target(&target, 2, 1);
    assert_result(VYRE_OK,
                  vyre_program_parse(text, strlen(text), name, test_diag_sink(&diags), &program));
    if (vyre_compile(program,
                     vyre_compile_params(.target = &target, .debug_info = debug_info,
                                         .no_optimize = !optimize, .diag = test_diag_sink(&diags)),
                     &made.module))
        fail_msg("%s", diags.text);
    vyre_program_destroy(&program);
    made.words = vyre_module_words(made.module, &made.count);
    const char *message = check_words(target.env, made.words, made.count);
    if (message)
        fail_msg("%s", message);
    return made;
}

static uint32_t op_of(const struct module *module, size_t at)
{
    return module->words[at] & SpvOpCodeMask;
}

static size_t next(const struct module *module, size_t at)
{
    return at + (module->words[at] >> SpvWordCountShift);
}

// A line counts to the end of its block (SPIR-V 1.6, 3.32.2), which the next label begins.
static struct place place_of(const struct module *module, size_t wanted)
{
    struct place place = { 0, 0 };
    for (size_t at = 5; at < wanted; at = next(module, at)) {
        switch (op_of(module, at)) {
        case SpvOpLine:
            place = (struct place){ module->words[at + 2], module->words[at + 3] };
            break;
        case SpvOpLabel:
        case SpvOpNoLine: place = (struct place){ 0, 0 }; break;
        default: break;
        }
    }
    return place;
}

// Where the `number`th instruction of the opcode stands; fails where there is none.
static struct place line_of(const struct module *module, uint32_t opcode, unsigned number)
{
    for (size_t at = 5; at < module->count; at = next(module, at))
        if (op_of(module, at) == opcode && number-- == 0)
            return place_of(module, at);
    fail_msg("no instruction %u of its kind", opcode);
    return (struct place){ 0, 0 };
}

static void assert_place(const struct module *module, uint32_t opcode, unsigned number,
                         uint32_t line, uint32_t column)
{
    struct place place = line_of(module, opcode, number);
    if (place.line != line || place.column != column)
        fail_msg("opcode %u, number %u: at %u:%u, expected %u:%u", opcode, number, place.line,
                 place.column, line, column);
}

static bool has_text(const struct module *module, uint32_t opcode, size_t operand, const char *text)
{
    for (size_t at = 5; at < module->count; at = next(module, at))
        if (op_of(module, at) == opcode &&
            strcmp((const char *)&module->words[at + operand], text) == 0)
            return true;
    return false;
}

static const char sample[] = "workgroup 64\n"
                             "buffer data : u32[] readwrite @0\n"
                             "buffer table : u32[4] readonly @1 // a comment\n"
                             "buffer bits : u32[1] readwrite @2;\n"
                             "let index = gid.x\n"
                             "if index < len(data) {\n"
                             "    let sum = table[lid.x & 3] +\n"
                             "        data[index]\n"
                             "    data[index] = sum * 5; let old = atomic_or.relaxed(bits[0], 1)\n"
                             "    loop step in 0..4 {\n"
                             "        data[step] = data[step] ^ 9\n"
                             "    }\n"
                             "}\n"
                             "data[1] = 7\n";

static void instructions_stand_where_their_statements_do(void **state)
{
    (void)state;
    for (int optimize = 0; optimize < 2; optimize++) {
        struct module module = compile("sample.vyre", sample, true, optimize != 0);
        assert_place(&module, SpvOpBitwiseAnd, 0, 7, 5);
        assert_place(&module, SpvOpIAdd, 0, 7, 5);
        assert_place(&module, SpvOpIMul, 0, 9, 5);
        assert_place(&module, SpvOpStore, 0, 9, 5);
        assert_place(&module, SpvOpAtomicOr, 0, 9, 28);
        assert_place(&module, SpvOpPhi, 0, 10, 5);
        assert_place(&module, SpvOpLoopMerge, 0, 10, 5);
        assert_place(&module, SpvOpBitwiseXor, 0, 11, 9);
        assert_place(&module, SpvOpStore, 1, 11, 9);
        assert_place(&module, SpvOpStore, 2, 14, 1);
        assert_place(&module, SpvOpReturn, 0, 0, 0);
        vyre_module_destroy(&module.module);
    }
}

static void lines_within_a_statement_are_those_of_its_parts(void **state)
{
    (void)state;
    struct module module = compile("sample.vyre",
                                   "buffer a : u32[8] readwrite @0\n"
                                   "a[0] = (gid.x |\n"
                                   "        gid.y) *\n"
                                   "    (gid.x ^ 1)\n",
                                   true, false);
    assert_place(&module, SpvOpIMul, 0, 3, 16); // where the operator is
    assert_place(&module, SpvOpBitwiseOr, 0, 2, 15);
    assert_place(&module, SpvOpBitwiseXor, 0, 4, 12);
    assert_place(&module, SpvOpStore, 0, 2, 1);
    vyre_module_destroy(&module.module);
}

static void names_are_those_of_the_text(void **state)
{
    (void)state;
    struct module module = compile("some/sample.vyre", sample, true, true);
    static const char *const names[] = { "main", "data", "table",
                                         "sum",  "step", "lengths and parameters" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!has_text(&module, SpvOpName, 2, names[i]))
            fail_msg("nothing is called %s", names[i]);
    // gid.x has a name of its own for those who know it, and more than one local may be it.
    assert_false(has_text(&module, SpvOpName, 2, "index"));
    assert_true(has_text(&module, SpvOpString, 2, "some/sample.vyre"));
    vyre_module_destroy(&module.module);
    module = compile("f", "buffer a : f32[2] readwrite @0\na[0] = a[0] / a[1]\n", true, true);
    assert_true(has_text(&module, SpvOpName, 2, "f32_div"));
    vyre_module_destroy(&module.module);
}

static void nothing_is_told_unless_asked_for(void **state)
{
    (void)state;
    static const uint32_t opcodes[] = { SpvOpName, SpvOpMemberName, SpvOpString,
                                        SpvOpLine, SpvOpNoLine,     SpvOpSource };
    struct module module = compile("sample.vyre", sample, false, true);
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++)
        assert_int_equal(check_count_words(module.words, module.count, opcodes[i]), 0);
    vyre_module_destroy(&module.module);
}

// A program that did not come from text has names and no lines.
static void programs_without_text_have_names_alone(void **state)
{
    (void)state;
    struct vyre_program *program, *decoded;
    struct vyre_module *made;
    uint8_t *wire;
    size_t size;
    assert_result(VYRE_OK, vyre_program_parse(sample, strlen(sample), "t", NULL, &program));
    assert_result(VYRE_OK, vyre_program_encode(program, NULL, &wire, &size));
    assert_result(VYRE_OK, vyre_program_decode(wire, size, NULL, &decoded));
    assert_result(VYRE_OK, vyre_compile(decoded, vyre_compile_params(.debug_info = true), &made));
    struct module module = { .words = vyre_module_words(made, &module.count) };
    assert_true(has_text(&module, SpvOpName, 2, "data"));
    assert_int_equal(check_count_words(module.words, module.count, SpvOpLine), 0);
    assert_int_equal(check_count_words(module.words, module.count, SpvOpString), 0);
    vyre_module_destroy(&made);
    vyre_program_destroy(&decoded);
    vyre_program_destroy(&program);
    vyre_free(wire);
}

static void file_names_may_be_anything(void **state)
{
    (void)state;
    char longest[3000];
    memset(longest, 'x', sizeof longest);
    memcpy(longest + sizeof longest - 5, "end", 4);
    longest[sizeof longest - 2] = '\0';
    struct module module = compile(longest, sample, true, true);
    assert_int_equal(check_count_words(module.words, module.count, SpvOpString), 1);
    assert_true(has_text(&module, SpvOpString, 2, longest + strlen(longest) - 1024));
    vyre_module_destroy(&module.module);
    module = compile("\xff.vyre", sample, true, true);
    assert_true(has_text(&module, SpvOpString, 2, "?.vyre"));
    vyre_module_destroy(&module.module);
    module = compile(NULL, sample, true, true);
    assert_true(has_text(&module, SpvOpString, 2, ""));
    vyre_module_destroy(&module.module);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_stand_where_their_statements_do),
        cmocka_unit_test(lines_within_a_statement_are_those_of_its_parts),
        cmocka_unit_test(names_are_those_of_the_text),
        cmocka_unit_test(nothing_is_told_unless_asked_for),
        cmocka_unit_test(programs_without_text_have_names_alone),
        cmocka_unit_test(file_names_may_be_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
