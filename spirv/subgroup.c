// SPDX-License-Identifier: MIT
// Subgroup operations: 32 lanes wide over the linear local index, whatever the hardware's subgroups
// are (spec: semantics.md, 7.6).
//
// On a device whose subgroups are full and 32 or 64 wide these are its own instructions, and the
// local index follows the lanes (lowering.h). Elsewhere lanes pass their values through workgroup
// memory, between two barriers: flow.h says where that is allowed. A sum or a ballot then costs one
// store and eight loads of four words, which all lanes of a subgroup read at the same address; a
// shuffle costs a store and a load. Where all lanes have one value nothing is passed.
//
// A lane that returned still contributes, with the locals that it had then. So in programs where
// some lanes may be dead (alive.c) each local that is passed has a copy, which the dead keep.
#include "lowering.h"
#include "numbers.h"

#include "ir/tables.h"

enum { VECTOR = 4, VECTORS = SPV_SUBGROUP / VECTOR };

// ---- Locals that are passed -------------------------------------------------------------------

static bool keeps_copies(const struct spv_lowering *lowering, ir_name name)
{
    return lowering->flow.has_dead_exits && lowering->facts.names[name].passed;
}

static uint32_t copy_variable(struct spv_lowering *lowering, ir_name name, uint32_t word)
{
    uint32_t *variable = &lowering->passed[(size_t)name * SPV_MOST_WORDS + word];
    if (!*variable) {
        *variable = spv_local_variable(lowering);
        SPV_EMIT(&lowering->writer, SPV_PROLOGUE, SpvOpStore, *variable, spv_u32(lowering, 0));
    }
    return *variable;
}

void spv_note_passed(struct spv_lowering *lowering, ir_name name, struct spv_value value)
{
    if (!keeps_copies(lowering, name))
        return;
    value = spv_hold(lowering, value);
    uint32_t alive = spv_and_alive(lowering, 0);
    for (uint32_t i = 0; i < spv_word_count(value); i++) {
        uint32_t variable = copy_variable(lowering, name, i);
        uint32_t word = spv_value_word(value, i);
        if (alive) {
            uint32_t kept = spv_op1(lowering, SpvOpLoad, lowering->type_u32, variable);
            word = spv_choose(lowering, lowering->type_u32, alive, word, kept);
        }
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, variable, word);
    }
}

bool spv_passed_local(struct spv_lowering *lowering, ir_name name, struct spv_value *value)
{
    if (!lowering->passes || !keeps_copies(lowering, name))
        return false;
    for (uint32_t i = 0; i < spv_word_count(*value); i++) {
        uint32_t variable = copy_variable(lowering, name, i);
        spv_set_word(value, i, spv_op1(lowering, SpvOpLoad, lowering->type_u32, variable));
    }
    if (value->kind == SPV_BOOL)
        value->id = spv_test2(lowering, SpvOpINotEqual, value->id, spv_u32(lowering, 0));
    return true;
}

// ---- The exchange -----------------------------------------------------------------------------

uint32_t spv_lane(struct spv_lowering *lowering)
{
    uint32_t index = spv_built_in(lowering, SPV_LOCAL_INDEX, 0);
    return spv_word2(lowering, SpvOpBitwiseAnd, index, spv_u32(lowering, lowering->lanes - 1));
}

// The local index of lane 0.
static uint32_t first_lane(struct spv_lowering *lowering)
{
    uint32_t index = spv_built_in(lowering, SPV_LOCAL_INDEX, 0);
    return spv_word2(lowering, SpvOpBitwiseAnd, index, spv_u32(lowering, ~(lowering->lanes - 1u)));
}

// Lanes of this invocation's subgroup; the last one may have fewer than 32.
static uint32_t lane_count(struct spv_lowering *lowering)
{
    const uint32_t invocations = lowering->facts.workgroup_invocations;
    if (invocations % lowering->lanes == 0)
        return spv_u32(lowering, lowering->lanes);
    if (invocations < lowering->lanes)
        return spv_u32(lowering, invocations);
    uint32_t left =
        spv_word2(lowering, SpvOpISub, spv_u32(lowering, invocations), first_lane(lowering));
    return spv_glsl2(lowering, GLSLstd450UMin, left, spv_u32(lowering, lowering->lanes));
}

static uint32_t memory_operands(const struct spv_lowering *lowering)
{
    return lowering->target->memory_model == VYRE_MEMORY_VULKAN
               ? SpvMemoryAccessNonPrivatePointerMask
               : SpvMemoryAccessMaskNone;
}

// Nothing but the exchange has to be seen by others here.
static void exchange_barrier(struct spv_lowering *lowering)
{
    uint32_t mask = SpvMemorySemanticsAcquireReleaseMask | SpvMemorySemanticsWorkgroupMemoryMask;
    if (lowering->target->memory_model == VYRE_MEMORY_VULKAN)
        mask |= SpvMemorySemanticsMakeAvailableMask | SpvMemorySemanticsMakeVisibleMask;
    uint32_t scope = spv_u32(lowering, SpvScopeWorkgroup);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpControlBarrier, scope, scope,
             spv_u32(lowering, mask));
}

static uint32_t word_of_lane(struct spv_lowering *lowering, uint32_t index)
{
    uint32_t variable = spv_exchange_variable(lowering);
    uint32_t at = spv_word2(lowering, SpvOpShiftRightLogical, index, spv_u32(lowering, 2));
    uint32_t part = spv_word2(lowering, SpvOpBitwiseAnd, index, spv_u32(lowering, VECTOR - 1));
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpAccessChain, lowering->type_workgroup_pointer, id,
             variable, at, part);
    return id;
}

static void put(struct spv_lowering *lowering, uint32_t index, uint32_t word)
{
    uint32_t pointer = word_of_lane(lowering, index);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, pointer, word, memory_operands(lowering));
}

static uint32_t get(struct spv_lowering *lowering, uint32_t type, uint32_t pointer)
{
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpLoad, type, id, pointer, memory_operands(lowering));
    return id;
}

// Every lane shows `word`; those that the last subgroup lacks have 0.
static void show(struct spv_lowering *lowering, uint32_t word, bool padded)
{
    const uint32_t invocations = lowering->facts.workgroup_invocations;
    const uint32_t lacking = (uint32_t)spv_exchange_words(&lowering->facts) - invocations;
    uint32_t index = spv_built_in(lowering, SPV_LOCAL_INDEX, 0);
    put(lowering, index, word);
    if (padded && lacking) {
        // Everyone of a small workgroup fills in several.
        for (uint32_t done = 0; done < lacking; done += invocations) {
            uint32_t more =
                spv_word2(lowering, SpvOpIAdd, index, spv_u32(lowering, invocations + done));
            uint32_t left = spv_u32(lowering, lacking - done);
            struct spv_if branch =
                spv_if_begin(lowering, spv_test2(lowering, SpvOpULessThan, index, left), false);
            put(lowering, more, spv_u32(lowering, 0));
            spv_if_end(lowering, &branch);
        }
    }
    exchange_barrier(lowering);
}

// ---- The device's subgroups -------------------------------------------------------------------

// Whether one of them holds two subgroups of the language.
static bool in_pairs(const struct spv_lowering *lowering)
{
    return lowering->facts.full_subgroup != lowering->lanes;
}

static void need(struct spv_lowering *lowering, enum vyre_subgroup_op op, SpvCapability capability)
{
    if (!(lowering->subgroup_ops & op))
        SPV_EMIT(&lowering->writer, SPV_CAPABILITIES, SpvOpCapability, capability);
    lowering->subgroup_ops |= op;
}

// The device's lane of lane 0; 0: that is lane 0 itself.
static uint32_t device_first_lane(struct spv_lowering *lowering)
{
    uint32_t lane = spv_built_in(lowering, SPV_SUBGROUP_LANE, 0);
    return in_pairs(lowering)
               ? spv_word2(lowering, SpvOpBitwiseAnd, lane, spv_u32(lowering, lowering->lanes))
               : 0;
}

static uint32_t device_sum(struct spv_lowering *lowering, uint32_t value)
{
    struct spv_writer *writer = &lowering->writer;
    uint32_t scope = spv_u32(lowering, SpvScopeSubgroup);
    uint32_t id = spv_writer_id(writer);
    if (in_pairs(lowering))
        need(lowering, VYRE_SUBGROUP_CLUSTERED, SpvCapabilityGroupNonUniformClustered);
    else
        need(lowering, VYRE_SUBGROUP_ARITHMETIC, SpvCapabilityGroupNonUniformArithmetic);
    if (in_pairs(lowering))
        SPV_EMIT(writer, SPV_BODY, SpvOpGroupNonUniformIAdd, lowering->type_u32, id, scope,
                 SpvGroupOperationClusteredReduce, value, spv_u32(lowering, lowering->lanes));
    else
        SPV_EMIT(writer, SPV_BODY, SpvOpGroupNonUniformIAdd, lowering->type_u32, id, scope,
                 SpvGroupOperationReduce, value);
    return id;
}

static uint32_t device_ballot(struct spv_lowering *lowering, uint32_t cond)
{
    struct spv_writer *writer = &lowering->writer;
    const uint32_t type = lowering->type_u32;
    const uint32_t words[] = { type, 4 };
    uint32_t vector = spv_intern_type(writer, SpvOpTypeVector, words, 2);
    uint32_t scope = spv_u32(lowering, SpvScopeSubgroup);
    need(lowering, VYRE_SUBGROUP_BALLOT, SpvCapabilityGroupNonUniformBallot);
    uint32_t all = spv_op2(lowering, SpvOpGroupNonUniformBallot, vector, scope, cond);
    uint32_t low = spv_op2(lowering, SpvOpCompositeExtract, type, all, 0);
    if (!in_pairs(lowering))
        return low;
    // Narrow subgroups of a test have both halves in one word.
    const uint32_t lanes = lowering->lanes;
    const bool wide = lanes == SPV_SUBGROUP;
    uint32_t high =
        wide ? spv_op2(lowering, SpvOpCompositeExtract, type, all, 1)
             : spv_word2(lowering, SpvOpShiftRightLogical, low, spv_u32(lowering, lanes));
    uint32_t first = device_first_lane(lowering);
    uint32_t is_first = spv_test2(lowering, SpvOpIEqual, first, spv_u32(lowering, 0));
    uint32_t mask = spv_choose(lowering, type, is_first, low, high);
    return wide ? mask
                : spv_word2(lowering, SpvOpBitwiseAnd, mask, spv_u32(lowering, (1u << lanes) - 1));
}

// Of a lane that exists.
static uint32_t device_shuffle(struct spv_lowering *lowering, uint32_t value, uint32_t lane)
{
    uint32_t first = device_first_lane(lowering);
    uint32_t id = spv_writer_id(&lowering->writer);
    need(lowering, VYRE_SUBGROUP_SHUFFLE, SpvCapabilityGroupNonUniformShuffle);
    if (first)
        lane = spv_word2(lowering, SpvOpBitwiseOr, lane, first);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpGroupNonUniformShuffle, lowering->type_u32, id,
             spv_u32(lowering, SpvScopeSubgroup), value, lane);
    return id;
}

// The value of a lane whose number the program does not compute.
static uint32_t device_lane(struct spv_lowering *lowering, uint32_t value, uint32_t lane)
{
    uint32_t number = spv_u32(lowering, lane);
    if (in_pairs(lowering))
        return device_shuffle(lowering, value, number);
    uint32_t id = spv_writer_id(&lowering->writer);
    need(lowering, VYRE_SUBGROUP_BALLOT, SpvCapabilityGroupNonUniformBallot);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpGroupNonUniformBroadcast, lowering->type_u32, id,
             spv_u32(lowering, SpvScopeSubgroup), value, number);
    return id;
}

// ---- Operations -------------------------------------------------------------------------------

// Four words of those that the lanes of this subgroup show.
struct vectors {
    uint32_t type;
    uint32_t ids[VECTORS];
};

static struct vectors get_all(struct spv_lowering *lowering)
{
    struct spv_writer *writer = &lowering->writer;
    const uint32_t words[] = { lowering->type_u32, VECTOR };
    const uint32_t vector = spv_intern_type(writer, SpvOpTypeVector, words, 2);
    const uint32_t pointed[] = { SpvStorageClassWorkgroup, vector };
    const uint32_t pointer_type = spv_intern_type(writer, SpvOpTypePointer, pointed, 2);
    uint32_t first =
        spv_word2(lowering, SpvOpShiftRightLogical, first_lane(lowering), spv_u32(lowering, 2));
    struct vectors all = { .type = vector };
    for (uint32_t i = 0; i < lowering->lanes / VECTOR; i++) {
        uint32_t at = i ? spv_word2(lowering, SpvOpIAdd, first, spv_u32(lowering, i)) : first;
        uint32_t pointer = spv_writer_id(writer);
        SPV_EMIT(writer, SPV_BODY, SpvOpAccessChain, pointer_type, pointer,
                 spv_exchange_variable(lowering), at);
        all.ids[i] = get(lowering, vector, pointer);
    }
    return all;
}

// The sum of what all lanes show. Bits that differ from lane to lane add up to their union.
static uint32_t sum(struct spv_lowering *lowering, uint32_t word)
{
    show(lowering, word, true);
    struct vectors all = get_all(lowering);
    uint32_t total = all.ids[0];
    for (uint32_t i = 1; i < lowering->lanes / VECTOR; i++)
        total = spv_op2(lowering, SpvOpIAdd, all.type, total, all.ids[i]);
    uint32_t result = 0;
    for (uint32_t i = 0; i < VECTOR; i++) {
        uint32_t part = spv_op2(lowering, SpvOpCompositeExtract, lowering->type_u32, total, i);
        result = i ? spv_word2(lowering, SpvOpIAdd, result, part) : part;
    }
    exchange_barrier(lowering);
    return result;
}

// A sum of f32 is taken lane by lane, from +0.0 on, each step rounded and canonical. Lanes that do
// not exist show 0, which changes nothing.
static uint32_t add_floats(struct spv_lowering *lowering, uint32_t value, bool passes)
{
    const bool device = lowering->facts.full_subgroup != 0;
    struct vectors all = { 0 };
    struct spv_value total = spv_value_of(spv_u32(lowering, 0), SPV_F32);
    const uint32_t count = passes ? 0 : lane_count(lowering);
    if (passes && !device) {
        show(lowering, value, true);
        all = get_all(lowering);
    }
    for (uint32_t lane = 0; lane < lowering->lanes; lane++) {
        uint32_t word = value;
        if (passes && device) {
            word = device_lane(lowering, value, lane);
        } else if (passes) {
            word = spv_op2(lowering, SpvOpCompositeExtract, lowering->type_u32,
                           all.ids[lane / VECTOR], lane % VECTOR);
        } else {
            uint32_t there = spv_test2(lowering, SpvOpULessThan, spv_u32(lowering, lane), count);
            word = spv_choose(lowering, lowering->type_u32, there, value, spv_u32(lowering, 0));
        }
        spv_float_binary(lowering, IR_BIN_ADD, total, spv_value_of(word, SPV_F32), &total);
    }
    if (passes && !device)
        exchange_barrier(lowering);
    return total.id;
}

static uint32_t add(struct spv_lowering *lowering, uint32_t value, bool passes)
{
    if (!passes)
        return spv_word2(lowering, SpvOpIMul, value, lane_count(lowering));
    return lowering->facts.full_subgroup ? device_sum(lowering, value) : sum(lowering, value);
}

// The mask of the lanes that exist, for a condition that all of them share.
static uint32_t ballot(struct spv_lowering *lowering, uint32_t cond, bool passes)
{
    const uint32_t type = lowering->type_u32;
    const uint32_t zero = spv_u32(lowering, 0);
    if (passes && lowering->facts.full_subgroup)
        return device_ballot(lowering, cond);
    if (passes) {
        uint32_t bit =
            spv_word2(lowering, SpvOpShiftLeftLogical, spv_u32(lowering, 1), spv_lane(lowering));
        return sum(lowering, spv_choose(lowering, type, cond, bit, zero));
    }
    uint32_t lacking =
        spv_word2(lowering, SpvOpISub, spv_u32(lowering, SPV_SUBGROUP), lane_count(lowering));
    uint32_t mask =
        spv_word2(lowering, SpvOpShiftRightLogical, spv_u32(lowering, UINT32_MAX), lacking);
    return spv_choose(lowering, type, cond, mask, zero);
}

static uint32_t shuffle(struct spv_lowering *lowering, uint32_t value, uint32_t lane, bool passes)
{
    uint32_t inside = spv_test2(lowering, SpvOpULessThan, lane, lane_count(lowering));
    uint32_t word = value;
    if (passes && lowering->facts.full_subgroup) {
        uint32_t last = spv_u32(lowering, lowering->lanes - 1);
        lane = spv_word2(lowering, SpvOpBitwiseAnd, lane, last);
        word = device_shuffle(lowering, value, lane);
    } else if (passes) {
        show(lowering, value, false);
        uint32_t own = spv_lane(lowering);
        uint32_t from = spv_choose(lowering, lowering->type_u32, inside, lane, own);
        uint32_t index = spv_word2(lowering, SpvOpIAdd, first_lane(lowering), from);
        word = get(lowering, lowering->type_u32, word_of_lane(lowering, index));
        exchange_barrier(lowering);
    }
    return spv_choose(lowering, lowering->type_u32, inside, word, spv_u32(lowering, 0));
}

static bool changes_memory(const struct ir_expr *expr)
{
    bool found = expr->kind == IR_EXPR_ATOMIC;
    for (uint32_t i = 0; i < expr->kid_count && !found; i++)
        found = changes_memory(expr->kids[i]);
    return found;
}

static struct spv_value refuse(struct spv_lowering *lowering, enum diag_code code,
                               const struct ir_expr *expr, const char *why)
{
    spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, code, &expr->pos, "%s %s",
               ir_expr_info(expr->kind)->name, why);
    return spv_value_of(spv_u32(lowering, 0), SPV_U32);
}

struct spv_value spv_subgroup(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (changes_memory(expr->kids[i]))
            return refuse(lowering, DIAG_L021, expr, "of an atomic");
    const bool around = lowering->passes;
    lowering->passes = true;
    struct spv_value value = spv_expr(lowering, expr->kids[0]);
    lowering->passes = around;
    const bool passes = spv_flow_passes(&lowering->flow, expr);
    if (expr->kind == IR_EXPR_SUBGROUP_BALLOT) {
        uint32_t mask = ballot(lowering, spv_as_bool(lowering, value), passes);
        return spv_value_of(mask, SPV_U32);
    }
    if (value.kind != SPV_U32 && value.kind != SPV_F32)
        return refuse(lowering, DIAG_L004, expr, "is defined for u32 and f32 only");
    if (expr->kind == IR_EXPR_SUBGROUP_ADD && value.kind == SPV_F32)
        return spv_value_of(add_floats(lowering, value.id, passes), SPV_F32);
    if (expr->kind == IR_EXPR_SUBGROUP_ADD)
        return spv_value_of(add(lowering, value.id, passes), SPV_U32);
    uint32_t lane = spv_as_word(lowering, spv_expr(lowering, expr->kids[1]));
    const uint32_t word = shuffle(lowering, value.id, lane, passes);
    return spv_value_of(word, (enum spv_kind)value.kind);
}
