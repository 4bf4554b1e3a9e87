// SPDX-License-Identifier: MIT
#include "ops.h"

#include <stdlib.h>
#include <string.h>

// Arguments in the order of their bindings, and the output.
struct signature {
    struct vyre_op_operand *inputs; // owned
    size_t input_count;
    struct vyre_op_operand output;
    size_t output_count;
};

struct argument {
    uint32_t binding;
    const char *type;
};

static int by_binding(const void *left, const void *right)
{
    const uint32_t a = ((const struct argument *)left)->binding;
    const uint32_t b = ((const struct argument *)right)->binding;
    return (a > b) - (a < b);
}

// What the body does not have right, vyre_registry_add_op says.
static struct signature signature_of(const struct vyre_program *body)
{
    const size_t count = vyre_program_buffer_count(body);
    struct argument *arguments = tool_calloc(count + 1, sizeof *arguments);
    struct signature signature = { .inputs = tool_calloc(count + 1, sizeof *signature.inputs) };
    struct vyre_buffer_info info;
    for (size_t i = 0; !vyre_program_buffer_info(body, i, &info); i++) {
        if (info.access == VYRE_ACCESS_READ_ONLY || info.access == VYRE_ACCESS_UNIFORM)
            arguments[signature.input_count++] = (struct argument){ info.binding, info.element };
        if (!info.is_output)
            continue;
        signature.output = (struct vyre_op_operand){ .type = info.element };
        signature.output_count = 1;
    }
    qsort(arguments, signature.input_count, sizeof *arguments, by_binding);
    for (size_t i = 0; i < signature.input_count; i++)
        signature.inputs[i] = (struct vyre_op_operand){ .type = arguments[i].type };
    free(arguments);
    return signature;
}

static int add(struct vyre_registry *registry, const char *command, const char *argument)
{
    const char *equals = strchr(argument, '=');
    if (!equals || equals == argument || !equals[1])
        return tool_usage(command, "--op '%s' is not ID=PROGRAM", argument);
    struct vyre_program *body = NULL;
    int code = tool_read_program(equals + 1, &body);
    if (code)
        return code;
    const size_t size = (size_t)(equals - argument);
    char *id = tool_calloc(size + 1, 1);
    memcpy(id, argument, size);
    struct signature signature = signature_of(body);
    const struct vyre_diag_sink diag = tool_diag_of(equals + 1);
    enum vyre_result result = vyre_registry_add_op(
        registry,
        vyre_op_params(.id = id, .inputs = signature.inputs, .input_count = signature.input_count,
                       .outputs = &signature.output, .output_count = signature.output_count,
                       .program = body, .diag = &diag));
    if (result)
        code = tool_failed(result, tool_name_of(equals + 1));
    free(signature.inputs);
    free(id);
    vyre_program_destroy(&body);
    return code;
}

int ops_read(const char *command, const struct option_list *list, struct vyre_registry **out)
{
    *out = NULL;
    if (list->count == 0)
        return TOOL_OK;
    enum vyre_result result = vyre_registry_create(out);
    if (!result)
        result = vyre_registry_add_standard_ops(*out, &tool_diag);
    if (result)
        return tool_failed(result, "ops");
    int code = TOOL_OK;
    for (size_t i = 0; !code && i < list->count; i++)
        code = add(*out, command, list->items[i]);
    vyre_registry_freeze(*out);
    return code;
}
