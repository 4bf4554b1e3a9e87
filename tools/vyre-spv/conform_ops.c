// SPDX-License-Identifier: MIT
// Flat byte functions that records call: sums, lengths and copies of argument bytes.
#include "conform_ops.h"

#include <stdlib.h>

static enum vyre_result op_word(struct vyre_op_result *result, uint32_t word)
{
    const uint8_t bytes[4] = { (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16),
                               (uint8_t)(word >> 24) };
    return vyre_op_result_append(result, bytes, sizeof bytes);
}

static enum vyre_result op_sum(void *cookie, const uint8_t *arguments, size_t size,
                               struct vyre_op_result *result)
{
    uint32_t sum = 0;
    (void)cookie;
    for (size_t i = 0; i < size; i++)
        sum += arguments[i];
    return op_word(result, sum);
}

static enum vyre_result op_length(void *cookie, const uint8_t *arguments, size_t size,
                                  struct vyre_op_result *result)
{
    (void)cookie;
    (void)arguments;
    return op_word(result, (uint32_t)size);
}

static enum vyre_result op_echo(void *cookie, const uint8_t *arguments, size_t size,
                                struct vyre_op_result *result)
{
    (void)cookie;
    return vyre_op_result_append(result, arguments, size);
}

static enum vyre_result op_nothing(void *cookie, const uint8_t *arguments, size_t size,
                                   struct vyre_op_result *result)
{
    (void)cookie;
    (void)arguments;
    (void)size;
    (void)result;
    return VYRE_OK;
}

static enum vyre_result op_fails(void *cookie, const uint8_t *arguments, size_t size,
                                 struct vyre_op_result *result)
{
    (void)cookie;
    (void)arguments;
    (void)size;
    (void)result;
    return VYRE_ERR_EXECUTION;
}

struct vyre_registry *conform_ops_create(void)
{
    enum { MOST = 5 };
    static const struct {
        const char *id;
        vyre_op_evaluate evaluate;
        const char *output; // NULL: none
        const char *inputs[MOST + 1];
    } ops[] = {
        { "corpus.sum2", op_sum, "u32", { "u32", "u32" } },
        { "corpus.len1", op_length, "u32", { "u32" } },
        { "corpus.len_u64", op_length, "u32", { "u64" } },
        { "corpus.len_u8", op_length, "u32", { "u8" } },
        { "corpus.len_bool", op_length, "u32", { "bool" } },
        { "corpus.len_f32", op_length, "u32", { "f32" } },
        { "corpus.len_vec2", op_length, "u32", { "vec2<u32>" } },
        { "corpus.len_mix", op_length, "u32", { "u32", "u8", "u64", "i32", "bool" } },
        { "corpus.zero", op_length, "u32", { NULL } },
        { "corpus.odd_spelling", op_length, "u32", { "f16" } },
        { "corpus.caps", op_length, "u32", { "U32", "F32", "Bool" } },
        { "corpus.echo_u32", op_echo, "u32", { "u32" } },
        { "corpus.echo_i32", op_echo, "i32", { "i32" } },
        { "corpus.echo_f32", op_echo, "f32", { "f32" } },
        { "corpus.echo_u8", op_echo, "u8", { "u8" } },
        { "corpus.echo_bool", op_echo, "bool", { "bool" } },
        { "corpus.echo_u64", op_echo, "u64", { "u64" } },
        { "corpus.echo_noout", op_echo, NULL, { "u32" } },
        { "corpus.short", op_nothing, "u32", { "u32" } },
        { "corpus.panics", op_fails, "u32", { "u32" } },
    };
    struct vyre_registry *registry;
    if (vyre_registry_create(&registry))
        abort();
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct vyre_op_operand inputs[MOST];
        size_t count = 0;
        for (; ops[i].inputs[count]; count++)
            inputs[count] = (struct vyre_op_operand){ .type = ops[i].inputs[count] };
        const struct vyre_op_operand output = { .type = ops[i].output };
        if (vyre_registry_add_op(registry, vyre_op_params(.id = ops[i].id, .inputs = inputs,
                                                          .input_count = count, .outputs = &output,
                                                          .output_count = ops[i].output ? 1 : 0,
                                                          .evaluate = ops[i].evaluate)))
            abort();
    }
    vyre_registry_freeze(registry);
    return registry;
}
