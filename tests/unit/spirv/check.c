// SPDX-License-Identifier: MIT
#include "check.h"

#include "spirv/lower.h"

#include <spirv-tools/libspirv.h>
#include <stdlib.h>

static spv_target_env tools_env(enum vyre_spirv_env env)
{
    switch (env) {
    case VYRE_ENV_VULKAN_1_2: return SPV_ENV_VULKAN_1_2;
    case VYRE_ENV_VULKAN_1_3: return SPV_ENV_VULKAN_1_3;
    default: return SPV_ENV_VULKAN_1_1;
    }
}

const char *check_words(enum vyre_spirv_env env, const uint32_t *words, size_t count)
{
    static char message[600];
    spv_context context = spvContextCreate(tools_env(env));
    spv_const_binary_t binary = { words, count };
    spv_diagnostic diagnostic = NULL;
    spv_result_t result = spvValidate(context, &binary, &diagnostic);
    snprintf(message, sizeof message, "%s", diagnostic ? diagnostic->error : "no message");
    spvDiagnosticDestroy(diagnostic);
    spvContextDestroy(context);
    return result == SPV_SUCCESS ? NULL : message;
}

char *check_disassemble(const uint32_t *words, size_t count)
{
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_3);
    spv_text text = NULL;
    char *copy = NULL;
    if (spvBinaryToText(context, words, count,
                        SPV_BINARY_TO_TEXT_OPTION_NO_HEADER |
                            SPV_BINARY_TO_TEXT_OPTION_FRIENDLY_NAMES,
                        &text, NULL) == SPV_SUCCESS)
        copy = strdup(text->str);
    spvTextDestroy(text);
    spvContextDestroy(context);
    return copy;
}

uint32_t *check_assemble(const char *text, size_t *count)
{
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_1);
    spv_binary binary = NULL;
    spv_diagnostic diagnostic = NULL;
    if (spvTextToBinary(context, text, strlen(text), &binary, &diagnostic) != SPV_SUCCESS)
        fail_msg("line %zu: %s", diagnostic->position.line + 1, diagnostic->error);
    *count = binary->wordCount;
    uint32_t *words = malloc(*count * sizeof *words);
    assert_non_null(words);
    memcpy(words, binary->code, *count * sizeof *words);
    spvBinaryDestroy(binary);
    spvContextDestroy(context);
    return words;
}

struct operand_visit {
    void (*visit)(void *user, uint32_t op, uint32_t at, bool is_id);
    void *user;
};

static spv_result_t visit_operands(void *user, const spv_parsed_instruction_t *instruction)
{
    const struct operand_visit *visit = user;
    for (uint16_t i = 0; i < instruction->num_operands; i++) {
        const spv_parsed_operand_t *operand = &instruction->operands[i];
        const bool is_id = operand->type == SPV_OPERAND_TYPE_ID ||
                           operand->type == SPV_OPERAND_TYPE_TYPE_ID ||
                           operand->type == SPV_OPERAND_TYPE_RESULT_ID ||
                           operand->type == SPV_OPERAND_TYPE_SCOPE_ID ||
                           operand->type == SPV_OPERAND_TYPE_MEMORY_SEMANTICS_ID;
        for (uint32_t word = 0; word < operand->num_words; word++)
            visit->visit(visit->user, instruction->opcode, operand->offset + word, is_id);
    }
    return SPV_SUCCESS;
}

void check_operands(const uint32_t *words, size_t count,
                    void (*visit)(void *user, uint32_t op, uint32_t at, bool is_id), void *user)
{
    struct operand_visit visitor = { visit, user };
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_1);
    spv_result_t result =
        spvBinaryParse(context, &visitor, words, count, NULL, visit_operands, NULL);
    spvContextDestroy(context);
    assert_int_equal(result, SPV_SUCCESS);
}

void check_target(struct vyre_target *out, unsigned env, unsigned memory_model)
{
    vyre_target_default(out);
    out->env = (enum vyre_spirv_env)env;
    out->memory_model = (enum vyre_memory_model)memory_model;
    out->device_scope = true;
    out->max_workgroup_size[0] = out->max_workgroup_size[1] = 1024;
    out->max_workgroup_invocations = 1024;
    out->max_workgroup_memory = 32768;
    out->max_storage_buffers = 16;
}

static void check_once(const struct vyre_program *program, const struct vyre_target *target,
                       const struct vyre_compile_params *params)
{
    struct vyre_compile_params with_target = *params;
    struct test_diags diags = { 0 };
    with_target.target = target;
    with_target.diag = test_diag_sink(&diags);
    struct vyre_module *module;
    enum vyre_result result = spv_lower(program, &with_target, &module);
    if (result)
        fail_msg("%s: %s", vyre_result_name(result), diags.text);
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    const char *message = check_words(target->env, words, count);
    if (message)
        fail_msg("env %d, memory model %d: %s\n%s", target->env, target->memory_model, message,
                 check_disassemble(words, count));
    struct vyre_module *again;
    assert_result(VYRE_OK, spv_lower(program, &with_target, &again));
    size_t count_again;
    const uint32_t *words_again = vyre_module_words(again, &count_again);
    assert_int_equal(count, count_again);
    assert_memory_equal(words, words_again, count * sizeof *words);
    vyre_module_destroy(&again);
    vyre_module_destroy(&module);
    assert_null(module);
}

void check_everywhere(const struct vyre_program *program)
{
    for (unsigned env = 0; env < 3; env++) {
        for (unsigned model = 0; model < 2; model++) {
            struct vyre_target target;
            check_target(&target, env, model);
            check_once(program, &target, vyre_compile_params(.debug_info = true));
            check_once(program, &target, vyre_compile_params(.no_optimize = true));
            // A driver whose floats are known to be right, and drivers that may do as they like.
            target.float64 = true;
            target.storage_8bit = target.storage_16bit = true;
            target.int64 = true;
            target.exact_floats = UINT32_MAX;
            target.float_controls =
                VYRE_FLOAT_ROUND_TO_EVEN | VYRE_FLOAT_SPECIALS | VYRE_FLOAT_SUBNORMALS;
            check_once(program, &target, vyre_compile_params(.float_mode = VYRE_FLOAT_EXACT));
            check_once(program, &target, vyre_compile_params(.float_mode = VYRE_FLOAT_FAST));
            // The device's own subgroups, which no environment changes.
            target.subgroup_ops = UINT32_MAX;
            target.full_subgroup_size = model ? 32 : 64;
            if (env == 0)
                check_once(program, &target, vyre_compile_params(0));
            target.full_subgroup_size = 0;
            target.exact_floats = VYRE_EXACT_ADD | VYRE_EXACT_DIV;
            target.hidden_floats = VYRE_EXACT_ADD;
            target.loop_limit = 1000;
            target.device_scope = false;
            target.fence_is_barrier = true;
            target.vector_width = 8;
            target.nesting_limit = 80;
            check_once(program, &target, vyre_compile_params(0));
        }
    }
}

unsigned check_count_words(const uint32_t *words, size_t count, unsigned opcode)
{
    unsigned found = 0;
    for (size_t at = 5; at < count; at += words[at] >> 16)
        found += (words[at] & 0xFFFF) == opcode;
    return found;
}

unsigned check_count(const struct vyre_program *program, unsigned opcode)
{
    struct vyre_target target;
    check_target(&target, 2, 1);
    struct vyre_module *module;
    assert_result(VYRE_OK, spv_lower(program, vyre_compile_params(.target = &target), &module));
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    unsigned found = check_count_words(words, count, opcode);
    vyre_module_destroy(&module);
    return found;
}
