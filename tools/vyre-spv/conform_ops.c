// SPDX-License-Identifier: MIT
// Flat byte functions that records call: sums, lengths and copies of argument bytes. Those that are
// a function of whole values have a body too, which stands for them on a device.
#include "conform_ops.h"

#include <stdlib.h>
#include <string.h>

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

#define WORD(name, binding) "buffer " name " : u32[1] readonly @" binding "\n"
#define RESULT              "buffer out : u32[1] readwrite @9 output\n"
#define BYTES_OF(x)         "(" x " & 255) + ((" x " >> 8) & 255) + ((" x " >> 16) & 255) + (" x " >> 24)"

enum { MOST_INPUTS = 5 };

static const struct op {
    const char *id;
    vyre_op_evaluate evaluate;
    const char *output; // NULL: none
    const char *inputs[MOST_INPUTS + 1];
    const char *body; // NULL: none
} ops[] = {
    { "corpus.sum2",
      op_sum,
      "u32",
      { "u32", "u32" },
      WORD("a", "0") WORD("b", "1") RESULT
      "let x = a[0]\nlet y = b[0]\nout[0] = " BYTES_OF("x") " + " BYTES_OF("y") "\n" },
    { "corpus.len1", op_length, "u32", { "u32" }, WORD("a", "0") RESULT "out[0] = 4\n" },
    { "corpus.len_u64", op_length, "u32", { "u64" }, NULL },
    { "corpus.len_u8", op_length, "u32", { "u8" }, NULL },
    { "corpus.len_bool",
      op_length,
      "u32",
      { "bool" },
      "buffer a : bool[1] readonly @0\n" RESULT "out[0] = 1\n" },
    { "corpus.len_f32",
      op_length,
      "u32",
      { "f32" },
      "buffer a : f32[1] readonly @0\n" RESULT "out[0] = 4\n" },
    { "corpus.len_vec2", op_length, "u32", { "vec2<u32>" }, NULL },
    { "corpus.len_mix", op_length, "u32", { "u32", "u8", "u64", "i32", "bool" }, NULL },
    { "corpus.zero", op_length, "u32", { NULL }, RESULT "out[0] = 0\n" },
    { "corpus.odd_spelling", op_length, "u32", { "f16" }, NULL },
    { "corpus.caps",
      op_length,
      "u32",
      { "U32", "F32", "Bool" },
      WORD("a", "0") "buffer b : f32[1] readonly @1\nbuffer c : bool[1] readonly @2\n" RESULT
                     "out[0] = 9\n" },
    { "corpus.echo_u32", op_echo, "u32", { "u32" }, WORD("a", "0") RESULT "out[0] = a[0]\n" },
    { "corpus.echo_i32",
      op_echo,
      "i32",
      { "i32" },
      "buffer a : i32[1] readonly @0\nbuffer out : i32[1] readwrite @9 output\n"
      "out[0] = a[0]\n" },
    { "corpus.echo_f32", op_echo, "f32", { "f32" }, NULL }, // half of a binary64
    { "corpus.echo_u8", op_echo, "u8", { "u8" }, NULL },
    { "corpus.echo_bool", op_echo, "bool", { "bool" }, NULL }, // a byte string
    { "corpus.echo_u64", op_echo, "u64", { "u64" }, NULL },
    { "corpus.echo_noout", op_echo, NULL, { "u32" }, NULL },
    { "corpus.short", op_nothing, "u32", { "u32" }, WORD("a", "0") RESULT "out[0] = 0\n" },
    { "corpus.panics", op_fails, "u32", { "u32" }, NULL },
};

static struct vyre_program *parse(const char *text)
{
    struct vyre_program *program = NULL;
    if (text && vyre_program_parse(text, strlen(text), "corpus op", NULL, &program))
        abort();
    return program;
}

static void add(struct vyre_registry *registry, const struct op *op)
{
    struct vyre_op_operand inputs[MOST_INPUTS];
    size_t count = 0;
    for (; op->inputs[count]; count++)
        inputs[count] = (struct vyre_op_operand){ .type = op->inputs[count] };
    const struct vyre_op_operand output = { .type = op->output };
    struct vyre_program *body = parse(op->body);
    if (vyre_registry_add_op(registry,
                             vyre_op_params(.id = op->id, .inputs = inputs, .input_count = count,
                                            .outputs = &output, .output_count = op->output ? 1 : 0,
                                            .evaluate = op->evaluate, .program = body)))
        abort();
    vyre_program_destroy(&body);
}

struct vyre_registry *conform_ops_create(void)
{
    struct vyre_registry *registry;
    if (vyre_registry_create(&registry))
        abort();
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        add(registry, &ops[i]);
    vyre_registry_freeze(registry);
    return registry;
}
