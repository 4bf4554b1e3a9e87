// SPDX-License-Identifier: MIT
// Values as words: conversions that positions ask for, and what a value's bytes are (spec:
// semantics.md, 2).
#include "lowering.h"

const char *const spv_kind_names[] = { "u32", "i32", "bool", "f32", "u64", "f64", "bytes" };

uint32_t spv_word_count(struct spv_value value)
{
    switch (value.kind) {
    case SPV_U64:
    case SPV_F64: return 2;
    case SPV_BYTES: return (value.size + 3u) / 4;
    default: return 1;
    }
}

uint32_t spv_value_word(struct spv_value value, uint32_t at)
{
    return at == 0 ? value.id : value.more[at - 1];
}

void spv_set_word(struct spv_value *value, uint32_t at, uint32_t id)
{
    *(at == 0 ? &value->id : &value->more[at - 1]) = id;
}

// ---- What positions ask for ---------------------------------------------------------------------

uint32_t spv_as_word(struct spv_lowering *lowering, struct spv_value value)
{
    uint32_t test, one;
    switch (value.kind) {
    case SPV_BOOL:
        one = spv_u32(lowering, 1);
        return spv_choose(lowering, lowering->type_u32, value.id, one, spv_u32(lowering, 0));
    case SPV_F32: return spv_call1(lowering, "f32_to_u32", value.id);
    case SPV_U64:
        test = spv_test2(lowering, SpvOpIEqual, value.more[0], spv_u32(lowering, 0));
        return spv_choose(lowering, lowering->type_u32, test, value.id,
                          spv_u32(lowering, UINT32_MAX));
    case SPV_BYTES:
        if (value.size <= 4)
            return value.size ? value.id : spv_u32(lowering, 0);
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L004, NULL,
                   "%u bytes have no value as a u32", value.size);
        return value.id;
    case SPV_F64:
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L004, NULL,
                   "an f64 is not taken for a u32 on a device");
        return value.id;
    default: return value.id;
    }
}

uint32_t spv_as_bool(struct spv_lowering *lowering, struct spv_value value)
{
    uint32_t word = value.id;
    switch (value.kind) {
    case SPV_BOOL: return value.id;
    case SPV_F32: // a NaN is true, both zeros are false
        word = spv_word2(lowering, SpvOpBitwiseAnd, word, spv_u32(lowering, 0x7FFFFFFFu));
        break;
    case SPV_U64: word = spv_word2(lowering, SpvOpBitwiseOr, word, value.more[0]); break;
    case SPV_F64: {
        uint32_t high =
            spv_word2(lowering, SpvOpBitwiseAnd, value.more[0], spv_u32(lowering, 0x7FFFFFFFu));
        word = spv_word2(lowering, SpvOpBitwiseOr, word, high);
        break;
    }
    case SPV_BYTES: // more than a word has no value as a u32, and that counts as true
        if (value.size == 0 || value.size > 4)
            return spv_bool(lowering, value.size != 0);
        break;
    default: break;
    }
    return spv_test2(lowering, SpvOpINotEqual, word, spv_u32(lowering, 0));
}

void spv_to_words(struct spv_lowering *lowering, struct spv_value value,
                  uint32_t words[SPV_MOST_WORDS])
{
    if (value.kind == SPV_BOOL)
        value = spv_hold(lowering, value);
    // Every float is a binary64 in the language.
    if (value.kind == SPV_F32) {
        uint32_t type = spv_pair_type(lowering);
        value = spv_from_pair(lowering, spv_call(lowering, "f64_from_f32", type, &value.id, 1),
                              SPV_F64);
    }
    const uint32_t count = spv_word_count(value);
    for (uint32_t i = 0; i < SPV_MOST_WORDS; i++)
        words[i] = i < count ? spv_value_word(value, i) : spv_u32(lowering, 0);
}

// ---- Holding ------------------------------------------------------------------------------------

struct spv_value spv_hold(struct spv_lowering *lowering, struct spv_value value)
{
    // As a word a bool is 0 or 1, and every operator that takes bool treats that word alike.
    if (value.kind == SPV_BOOL)
        return spv_value_of(spv_as_word(lowering, value), SPV_U32);
    return value;
}

bool spv_unify(struct spv_lowering *lowering, struct spv_value *a, struct spv_value *b)
{
    if (a->kind == SPV_F32 && b->kind == SPV_F64)
        return spv_unify(lowering, b, a);
    if (a->kind == SPV_F64 && b->kind == SPV_F32) {
        uint32_t wide = spv_call(lowering, "f64_from_f32", spv_pair_type(lowering), &b->id, 1);
        *b = spv_from_pair(lowering, wide, SPV_F64);
    }
    return a->kind == b->kind && a->size == b->size;
}

uint32_t spv_pair_type(struct spv_lowering *lowering)
{
    const uint32_t pair[] = { lowering->type_u32, 2 };
    if (!lowering->type_pair)
        lowering->type_pair = spv_intern_type(&lowering->writer, SpvOpTypeVector, pair, 2);
    return lowering->type_pair;
}

uint32_t spv_pair(struct spv_lowering *lowering, struct spv_value value)
{
    return spv_op2(lowering, SpvOpCompositeConstruct, spv_pair_type(lowering), value.id,
                   value.more[0]);
}

struct spv_value spv_from_pair(struct spv_lowering *lowering, uint32_t pair, enum spv_kind kind)
{
    struct spv_value value = { .kind = (uint8_t)kind };
    value.id = spv_op2(lowering, SpvOpCompositeExtract, lowering->type_u32, pair, 0);
    value.more[0] = spv_op2(lowering, SpvOpCompositeExtract, lowering->type_u32, pair, 1);
    return value;
}
