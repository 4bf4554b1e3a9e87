// SPDX-License-Identifier: MIT
// Single instructions and the blocks they stand in.
#include "locals.h"

#include <string.h>

uint32_t spv_u32(struct spv_lowering *lowering, uint32_t value)
{
    const uint32_t operands[] = { lowering->type_u32, value };
    return spv_intern_constant(&lowering->writer, SpvOpConstant, operands, 2);
}

uint32_t spv_bool(struct spv_lowering *lowering, bool value)
{
    return spv_intern_constant(&lowering->writer, value ? SpvOpConstantTrue : SpvOpConstantFalse,
                               &lowering->type_bool, 1);
}

uint32_t spv_op1(struct spv_lowering *lowering, SpvOp op, uint32_t type, uint32_t a)
{
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, lowering->at, op, type, id, a);
    return id;
}

uint32_t spv_op2(struct spv_lowering *lowering, SpvOp op, uint32_t type, uint32_t a, uint32_t b)
{
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, lowering->at, op, type, id, a, b);
    return id;
}

uint32_t spv_word2(struct spv_lowering *lowering, SpvOp op, uint32_t a, uint32_t b)
{
    return spv_op2(lowering, op, lowering->type_u32, a, b);
}

uint32_t spv_test2(struct spv_lowering *lowering, SpvOp op, uint32_t a, uint32_t b)
{
    return spv_op2(lowering, op, lowering->type_bool, a, b);
}

uint32_t spv_choose(struct spv_lowering *lowering, uint32_t type, uint32_t cond, uint32_t yes,
                    uint32_t no)
{
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, lowering->at, SpvOpSelect, type, id, cond, yes, no);
    return id;
}

uint32_t spv_glsl(struct spv_lowering *lowering)
{
    if (!lowering->glsl) {
        static const char name[] = "GLSL.std.450";
        lowering->glsl = spv_writer_id(&lowering->writer);
        spv_emit_text(&lowering->writer, SPV_IMPORTS, SpvOpExtInstImport, &lowering->glsl, 1, name,
                      sizeof name - 1, NULL, 0);
    }
    return lowering->glsl;
}

uint32_t spv_glsl1(struct spv_lowering *lowering, enum GLSLstd450 op, uint32_t a)
{
    uint32_t set = spv_glsl(lowering);
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, lowering->at, SpvOpExtInst, lowering->type_u32, id, set, op, a);
    return id;
}

uint32_t spv_glsl2(struct spv_lowering *lowering, enum GLSLstd450 op, uint32_t a, uint32_t b)
{
    uint32_t set = spv_glsl(lowering);
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, lowering->at, SpvOpExtInst, lowering->type_u32, id, set, op, a, b);
    return id;
}

void spv_name_text(struct spv_lowering *lowering, uint32_t id, const char *text, size_t size)
{
    // Tools show the beginning of a name; a hostile one must not outgrow its instruction.
    enum { LONGEST = 256 };
    if (!lowering->debug_info)
        return;
    if (size > LONGEST)
        for (size = LONGEST; size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80; size--)
            ; // never cut inside a UTF-8 sequence
    spv_emit_text(&lowering->writer, SPV_NAMES, SpvOpName, &id, 1, text, size, NULL, 0);
}

void spv_call_it(struct spv_lowering *lowering, uint32_t id, const char *name)
{
    spv_name_text(lowering, id, name, strlen(name));
}

void spv_name(struct spv_lowering *lowering, uint32_t id, ir_name name)
{
    if (!lowering->debug_info)
        return;
    struct ir_text text = ir_name_text(lowering->program, name);
    spv_name_text(lowering, id, text.text, strnlen(text.text, text.size));
}

void spv_name_value(struct spv_lowering *lowering, struct spv_value value, ir_name name)
{
    if (lowering->debug_info && spv_writer_just_made(&lowering->writer, value.id))
        spv_name(lowering, value.id, name);
}

uint32_t spv_call(struct spv_lowering *lowering, const char *name, uint32_t type,
                  const uint32_t *operands, size_t count)
{
    enum { MOST_OPERANDS = 4 };
    uint32_t words[3 + MOST_OPERANDS] = { type };
    words[2] = spv_library_function(lowering, name);
    words[1] = spv_writer_id(&lowering->writer);
    memcpy(words + 3, operands, count * sizeof *operands);
    spv_emit(&lowering->writer, lowering->at, SpvOpFunctionCall, words, 3 + count);
    return words[1];
}

uint32_t spv_call1(struct spv_lowering *lowering, const char *name, uint32_t a)
{
    return spv_call(lowering, name, lowering->type_u32, &a, 1);
}

uint32_t spv_call2(struct spv_lowering *lowering, const char *name, uint32_t a, uint32_t b)
{
    return spv_call(lowering, name, lowering->type_u32, (const uint32_t[]){ a, b }, 2);
}

uint32_t spv_call3(struct spv_lowering *lowering, const char *name, uint32_t a, uint32_t b,
                   uint32_t c)
{
    return spv_call(lowering, name, lowering->type_u32, (const uint32_t[]){ a, b, c }, 3);
}

void spv_start_block(struct spv_lowering *lowering, uint32_t label)
{
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpLabel, label);
    lowering->block = label;
}

void spv_branch(struct spv_lowering *lowering, uint32_t label)
{
    // A block that already ended, for example by a return, has no way out.
    if (lowering->block)
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpBranch, label);
    lowering->block = 0;
}

struct spv_if spv_if_begin(struct spv_lowering *lowering, uint32_t cond, bool has_otherwise)
{
    struct spv_writer *writer = &lowering->writer;
    uint32_t then = spv_writer_id(writer);
    struct spv_if branch = { .otherwise = has_otherwise ? spv_writer_id(writer) : 0,
                             .merge = spv_writer_id(writer),
                             .pointers = lowering->pointers.count };
    spv_arms_begin(lowering, &branch.arms);
    SPV_EMIT(writer, SPV_BODY, SpvOpSelectionMerge, branch.merge, SpvSelectionControlMaskNone);
    SPV_EMIT(writer, SPV_BODY, SpvOpBranchConditional, cond, then,
             has_otherwise ? branch.otherwise : branch.merge);
    spv_start_block(lowering, then);
    return branch;
}

void spv_if_otherwise(struct spv_lowering *lowering, struct spv_if *branch)
{
    spv_arms_otherwise(lowering, &branch->arms);
    spv_branch(lowering, branch->merge);
    lowering->pointers.count = branch->pointers;
    spv_start_block(lowering, branch->otherwise);
}

void spv_if_end(struct spv_lowering *lowering, struct spv_if *branch)
{
    spv_arms_leave(lowering, &branch->arms);
    spv_branch(lowering, branch->merge);
    lowering->pointers.count = branch->pointers;
    spv_start_block(lowering, branch->merge);
    spv_arms_merge(lowering, &branch->arms);
}
