// SPDX-License-Identifier: MIT
// Copying functions of the value library: whatever instructions glslc makes of them tomorrow, each
// operand arrives, ids as the module's and numbers as they are.
#include "check.h"

#include "base/memory.h"
#include "lowering.h"

#include <stdlib.h>

// ---- Numbers and ids ----------------------------------------------------------------------------

static bool is_copied(uint32_t op)
{
    switch (op) {
    case SpvOpSource:
    case SpvOpSourceExtension:
    case SpvOpName:
    case SpvOpMemberName:
    case SpvOpExtInstImport:
    case SpvOpMemoryModel:
    case SpvOpEntryPoint:
    case SpvOpExecutionMode:
    case SpvOpCapability:
    case SpvOpDecorate:
    case SpvOpMemberDecorate: return false;
    default: return true;
    }
}

static void compare_operand(void *user, uint32_t op, uint32_t at, bool is_id)
{
    unsigned *compared = user;
    if (!is_copied(op))
        return;
    if (spv_library_is_id((SpvOp)op, at) != is_id)
        fail_msg("opcode %u, word %u", op, at);
    *compared += 1;
}

static unsigned compare_module(const uint32_t *words, size_t count)
{
    unsigned compared = 0;
    check_operands(words, count, compare_operand, &compared);
    return compared;
}

static void numbers_are_told_from_ids(void **state)
{
    (void)state;
    static const uint32_t library[] = {
#include "values.spv.inc"
    };
    assert_true(compare_module(library, sizeof library / sizeof *library) > 10000);
}

// Function names up to their parameters, in both ways, which give the same ids in the same order.
static void the_index_is_what_a_search_finds(void **state)
{
    (void)state;
    static const uint32_t words[] = {
#include "values.spv.inc"
    };
    const size_t size = sizeof words / sizeof *words;
    struct spv_lowering indexed = { .writer = { .next_id = 1 } };
    struct spv_lowering searched = { .writer = { .next_id = 1 },
                                     .library = { .text = words, .size = size } };
    unsigned functions = 0;
    for (size_t at = 5; at < size; at += words[at] >> 16) {
        char name[64] = { 0 };
        const size_t bytes = 4 * ((words[at] >> 16) - 2);
        if ((words[at] & 0xFFFF) != SpvOpName || bytes > sizeof name)
            continue;
        memcpy(name, words + at + 2, bytes);
        char *end = strchr(name, '(');
        if (!end)
            continue;
        *end = 0;
        functions++;
        assert_int_equal(spv_library_function(&indexed, name),
                         spv_library_function(&searched, name));
    }
    assert_in_range(functions, 50, 1000);
    assert_memory_equal(indexed.library.places, searched.library.places, 4 * words[3]);
    assert_memory_equal(indexed.library.ids, searched.library.ids, 4 * words[3]);
    spv_library_fini(&indexed.library);
    spv_library_fini(&searched.library);
}

// ---- A library of its own -----------------------------------------------------------------------

enum { PARAMETERS = 40 };

static void append(char **text, const char *format, unsigned number)
{
    *text += sprintf(*text, format, number);
}

// A function with more operands than a short array holds, a loop with a control word that would be
// an id if it were one, a switch, and instructions whose last words are numbers.
static uint32_t *assemble(size_t *count)
{
    static char text[8000];
    char *at = text;
    append(&at,
           "OpCapability Shader\nOpMemoryModel Logical GLSL450\n"
           "OpEntryPoint GLCompute %%main \"main\"\nOpExecutionMode %%main LocalSize 1 1 1\n"
           "OpName %%many \"many(\"\n%%void = OpTypeVoid\n%%u = OpTypeInt 32 0\n"
           "%%v = OpTypeVector %%u %u\n%%bool = OpTypeBool\n%%f0 = OpTypeFunction %%void\n"
           "%%zero = OpConstant %%u 0\n%%one = OpConstant %%u 1\n%%ten = OpConstant %%u 10\n",
           4);
    append(&at, "%%f = OpTypeFunction %%u", 0);
    for (unsigned i = 0; i < PARAMETERS; i++)
        append(&at, " %%u", 0);
    append(&at,
           "\n%%main = OpFunction %%void None %%f0\n%%start = OpLabel\nOpReturn\n"
           "OpFunctionEnd\n%%many = OpFunction %%u None %%f\n",
           0);
    for (unsigned i = 0; i < PARAMETERS; i++)
        append(&at, "%%p%u = OpFunctionParameter %%u\n", i);
    append(&at, "%%entry = OpLabel\n%%vector = OpCompositeConstruct %%v %%p0 %%p1 %%p2 %%p39\n", 0);
    append(&at, "%%mixed = OpVectorShuffle %%v %%vector %%vector 3 2 1 %u\n", 0);
    append(&at, "%%inserted = OpCompositeInsert %%v %%ten %%mixed %u\n", 2);
    append(&at, "%%part = OpCompositeExtract %%u %%inserted %u\n", 2);
    append(&at,
           "OpBranch %%header\n%%header = OpLabel\n"
           "%%i = OpPhi %%u %%zero %%entry %%next %%again\nOpLoopMerge %%merge %%again Unroll\n"
           "OpBranch %%body\n%%body = OpLabel\n%%more = OpULessThan %%bool %%i %%part\n"
           "OpBranchConditional %%more %%again %%merge\n%%again = OpLabel\n"
           "%%next = OpIAdd %%u %%i %%one\nOpBranch %%header\n%%merge = OpLabel\n"
           "OpSelectionMerge %%end None\nOpSwitch %%i %%end",
           0);
    for (unsigned i = 0; i < PARAMETERS; i++) {
        append(&at, " %u", i + 100);
        append(&at, " %%case%u", i);
    }
    for (unsigned i = 0; i < PARAMETERS; i++)
        append(&at, "\n%%case%u = OpLabel\nOpBranch %%end", i);
    append(&at, "\n%%end = OpLabel\n%%result = OpPhi %%u %%i %%merge", 0);
    for (unsigned i = 0; i < PARAMETERS; i++) {
        append(&at, " %%p%u", i);
        append(&at, " %%case%u", i);
    }
    append(&at, "\nOpReturnValue %%result\nOpFunctionEnd\n", 0);
    return check_assemble(text, count);
}

static void long_instructions_arrive_whole(void **state)
{
    (void)state;
    size_t size = 0;
    uint32_t *library = assemble(&size);
    assert_null(check_words(VYRE_ENV_VULKAN_1_1, library, size));
    compare_module(library, size);
    struct vyre_target target;
    check_target(&target, 2, 1);
    static const char nothing[] = "workgroup 1\n";
    struct vyre_program *program = NULL;
    assert_result(VYRE_OK, vyre_program_parse(nothing, sizeof nothing - 1, "test", NULL, &program));
    struct spv_lowering lowering = {
        .program = program,
        .target = &target,
        .writer = { .next_id = 1 },
        .at = SPV_BODY,
        .library = { .text = library, .size = size },
    };
    spv_interface_init(&lowering);
    uint32_t operands[PARAMETERS];
    for (uint32_t i = 0; i < PARAMETERS; i++)
        operands[i] = spv_u32(&lowering, 7 * i);
    uint32_t call[PARAMETERS + 3] = { lowering.type_u32, spv_writer_id(&lowering.writer),
                                      spv_library_function(&lowering, "many") };
    memcpy(call + 3, operands, sizeof operands);
    spv_emit(&lowering.writer, SPV_BODY, SpvOpFunctionCall, call, PARAMETERS + 3);
    spv_emit(&lowering.writer, SPV_BODY, SpvOpReturn, NULL, 0);
    uint32_t *words = NULL;
    size_t count = 0;
    assert_result(VYRE_OK, spv_interface_finish(&lowering, &words, &count));
    assert_null(check_words(VYRE_ENV_VULKAN_1_3, words, count));
    static const SpvOp same[] = { SpvOpLoopMerge,        SpvOpSwitch, SpvOpPhi,
                                  SpvOpVectorShuffle,    SpvOpLabel,  SpvOpCompositeInsert,
                                  SpvOpFunctionParameter };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(check_count_words(words, count, same[i]) > 0);
    // The numbers are those of the library, not ids that happen to be equal.
    for (size_t at = 5; at < count; at += words[at] >> 16) {
        const uint32_t op = words[at] & SpvOpCodeMask, length = words[at] >> 16;
        if (op == SpvOpLoopMerge)
            assert_int_equal(words[at + 3], SpvLoopControlUnrollMask);
        if (op == SpvOpSwitch) {
            assert_int_equal(length, 3 + 2 * PARAMETERS);
            assert_int_equal(words[at + 3], 100);
        }
        if (op == SpvOpVectorShuffle)
            assert_int_equal(words[at + 5], 3);
    }
    memory_free(words);
    spv_library_fini(&lowering.library);
    spv_writer_fini(&lowering.writer);
    array_fini(&lowering.interface);
    vyre_program_destroy(&program);
    free(library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_told_from_ids),
        cmocka_unit_test(the_index_is_what_a_search_finds),
        cmocka_unit_test(long_instructions_arrive_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
