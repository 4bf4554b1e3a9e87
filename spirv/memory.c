// SPDX-License-Identifier: MIT
// Words of memory, atomics, workgroup memory and faults (spec: semantics.md, 6). What elements are
// made of words: elements.c. Atomics out of bounds are branched around.
#include "lowering.h"

#include "ir/tables.h"
#include "spirv/lower.h"

// ---- Scopes and semantics ---------------------------------------------------------------------

static bool vulkan_model(const struct spv_lowering *lowering)
{
    return lowering->target->memory_model == VYRE_MEMORY_VULKAN;
}

// The widest scope that the device offers: all invocations of a dispatch, and the host.
static uint32_t device_scope(struct spv_lowering *lowering)
{
    bool device = !vulkan_model(lowering) || lowering->target->device_scope;
    return spv_u32(lowering, device ? SpvScopeDevice : SpvScopeQueueFamily);
}

static uint32_t memory_kinds(const struct spv_lowering *lowering)
{
    uint32_t kinds = 0;
    if (lowering->shares_buffers)
        kinds |= SpvMemorySemanticsUniformMemoryMask; // storage buffers too
    if (lowering->facts.workgroup_bytes)
        kinds |= SpvMemorySemanticsWorkgroupMemoryMask;
    return kinds;
}

// Without MakeAvailable and MakeVisible the Vulkan model orders accesses but moves no data.
static uint32_t semantics(struct spv_lowering *lowering, bool acquire, bool release)
{
    const uint32_t kinds = memory_kinds(lowering);
    uint32_t mask = 0;
    if (!kinds || (!acquire && !release))
        return spv_u32(lowering, SpvMemorySemanticsMaskNone);
    if (acquire && release)
        mask = SpvMemorySemanticsAcquireReleaseMask;
    else
        mask = acquire ? SpvMemorySemanticsAcquireMask : SpvMemorySemanticsReleaseMask;
    if (vulkan_model(lowering)) {
        mask |= acquire ? SpvMemorySemanticsMakeVisibleMask : 0;
        mask |= release ? SpvMemorySemanticsMakeAvailableMask : 0;
    }
    return spv_u32(lowering, mask | kinds);
}

// The same for an atomic, unless the driver would take it for a barrier.
static uint32_t atomic_semantics(struct spv_lowering *lowering, bool acquire, bool release)
{
    bool relaxed = lowering->target->fence_is_barrier;
    return semantics(lowering, acquire && !relaxed, release && !relaxed);
}

// Sequential consistency does not exist in the Vulkan model; what is left of it is acquire-release.
static bool acquires(uint8_t ordering)
{
    return ordering == IR_ORDER_ACQUIRE || ordering == IR_ORDER_ACQ_REL ||
           ordering == IR_ORDER_SEQ_CST;
}

static bool releases(uint8_t ordering)
{
    return ordering == IR_ORDER_RELEASE || ordering == IR_ORDER_ACQ_REL ||
           ordering == IR_ORDER_SEQ_CST;
}

// ---- Addresses --------------------------------------------------------------------------------

uint32_t spv_find_buffer(struct spv_lowering *lowering, ir_name name, const struct ir_pos *pos)
{
    uint32_t buffer = lowering->facts.names[name].buffer;
    if (buffer)
        return buffer - 1;
    spv_refuse(lowering, VYRE_ERR_INVALID_PROGRAM, DIAG_L014, pos, "there is no buffer %s",
               ir_name_text(lowering->program, name).text);
    return UINT32_MAX;
}

static bool is_workgroup(const struct spv_lowering *lowering, uint32_t buffer)
{
    return lowering->program->buffers[buffer].access == VYRE_ACCESS_WORKGROUP;
}

// A buffer whose elements are words, or UINT32_MAX after refusing the program.
static uint32_t find_words(struct spv_lowering *lowering, ir_name name, const struct ir_pos *pos)
{
    uint32_t buffer = spv_find_buffer(lowering, name, pos);
    if (buffer == UINT32_MAX)
        return buffer;
    const struct ir_type *element = lowering->program->buffers[buffer].element;
    if (element->kind == IR_TYPE_U32 || element->kind == IR_TYPE_I32 ||
        element->kind == IR_TYPE_BOOL)
        return buffer;
    spv_refuse_type(lowering, element, pos, "an access to elements of type");
    return UINT32_MAX;
}

static uint32_t pointer_to(struct spv_lowering *lowering, uint32_t buffer, uint32_t index)
{
    // So many of the last pointers may be used again.
    enum { LOOK_BACK = 16 };
    struct spv_writer *writer = &lowering->writer;
    const size_t count = lowering->no_optimize ? 0 : lowering->pointers.count;
    for (size_t i = count; i > 0 && i + LOOK_BACK > count; i--) {
        const struct spv_pointer *made = &lowering->pointers.items[i - 1];
        if (made->buffer == buffer && made->index == index)
            return made->id;
    }
    uint32_t variable = spv_buffer_variable(lowering, buffer);
    uint32_t zero = spv_u32(lowering, 0);
    uint32_t id = spv_writer_id(writer);
    if (is_workgroup(lowering, buffer))
        SPV_EMIT(writer, SPV_BODY, SpvOpAccessChain, lowering->type_workgroup_pointer, id, variable,
                 index);
    else
        SPV_EMIT(writer, SPV_BODY, SpvOpAccessChain,
                 lowering->type_unit_pointer[lowering->buffers[buffer].unit], id, variable, zero,
                 index);
    if (!array_push_in(&lowering->arena, &lowering->pointers,
                       ((struct spv_pointer){ buffer, index, id })))
        writer->status = VYRE_ERR_NO_MEMORY;
    return id;
}

// Elements that a stride apart lie in what the declared count promises.
static bool literal_is_inside(const struct ir_buffer *buffer, const struct ir_expr *index)
{
    const uint64_t stride = ir_type_stride(buffer->element);
    uint64_t bytes;
    return index->kind == IR_EXPR_LIT_U32 && stride > 0 &&
           ir_type_packed_size(buffer->element, buffer->count, &bytes) &&
           index->bits < bytes / stride;
}

static enum ir_inside judge(const struct spv_lowering *lowering, const struct ir_expr *index)
{
    const struct spv_recheck *recheck = lowering->recheck;
    const enum ir_inside found = ir_ranges_inside(&lowering->facts.ranges, index);
    return recheck && recheck->judge ? recheck->judge(recheck->user, index, found) : found;
}

static enum spv_check_reason reason_of(const struct spv_lowering *lowering, uint32_t buffer,
                                       const struct ir_expr *index, bool is_load)
{
    // In what is passed to other lanes, locals of those who left are copies from when they left, of
    // which the analysis knows nothing.
    const bool passed = lowering->passes && lowering->flow.has_dead_exits;
    if (lowering->no_optimize || passed) {
        if (literal_is_inside(&lowering->program->buffers[buffer], index))
            return SPV_INSIDE_BY_COUNT;
        return passed ? SPV_CHECK_OF_PASSED : SPV_CHECK_AS_TOLD;
    }
    switch (judge(lowering, index)) {
    case IR_INSIDE_ALWAYS: return SPV_INSIDE_BY_PROOF;
    case IR_INSIDE_AFTER_EXITS:
        return is_load && lowering->maybe_dead ? SPV_CHECK_OF_DEAD : SPV_INSIDE_BY_PROOF;
    case IR_INSIDE_UNKNOWN: break;
    }
    return SPV_CHECK_UNPROVEN;
}

static uint32_t recheck_variable(struct spv_lowering *lowering, int which)
{
    uint32_t *variable = &lowering->outside[which];
    if (!*variable) {
        *variable = spv_local_variable(lowering);
        SPV_EMIT(&lowering->writer, SPV_PROLOGUE, SpvOpStore, *variable, spv_u32(lowering, 0));
    }
    return *variable;
}

// Keeps the first access of the invocation that should have been inside and is not. Without
// branches, of which drivers take long to compile many.
static void note_outside(struct spv_lowering *lowering, uint32_t buffer, uint32_t index,
                         bool is_load)
{
    const uint32_t type = lowering->type_u32;
    const uint32_t found[] = { spv_u32(lowering, buffer + 1), index };
    uint32_t length = spv_length(lowering, buffer);
    uint32_t outside = spv_test2(lowering, SpvOpUGreaterThanEqual, index, length);
    if (!is_load)
        outside = spv_and_alive(lowering, outside);
    uint32_t first = spv_op1(lowering, SpvOpLoad, type, recheck_variable(lowering, 0));
    first = spv_test2(lowering, SpvOpIEqual, first, spv_u32(lowering, 0));
    outside = spv_test2(lowering, SpvOpLogicalAnd, outside, first);
    for (int i = 0; i < 2; i++) {
        uint32_t variable = recheck_variable(lowering, i);
        uint32_t old = spv_op1(lowering, SpvOpLoad, type, variable);
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, variable,
                 spv_choose(lowering, type, outside, found[i], old));
    }
}

void spv_report_outside(struct spv_lowering *lowering)
{
    const uint32_t type = lowering->type_u32;
    if (!lowering->recheck)
        return;
    uint32_t buffer = spv_op1(lowering, SpvOpLoad, type, recheck_variable(lowering, 0));
    uint32_t some = spv_test2(lowering, SpvOpINotEqual, buffer, spv_u32(lowering, 0));
    struct spv_if branch = spv_if_begin(lowering, some, false);
    uint32_t index = spv_op1(lowering, SpvOpLoad, type, recheck_variable(lowering, 1));
    spv_record_fault(lowering, SPV_FAULT_UNPROVEN, index,
                     spv_word2(lowering, SpvOpISub, buffer, spv_u32(lowering, 1)));
    spv_if_end(lowering, &branch);
}

bool spv_check_needed(struct spv_lowering *lowering, uint32_t buffer,
                      const struct spv_access *access, uint32_t index)
{
    const struct ir_expr *expr = access->index;
    const bool is_load = access->kind == VYRE_CHECK_LOAD;
    const enum spv_check_reason reason = reason_of(lowering, buffer, expr, is_load);
    if (lowering->explain)
        spv_note_check(lowering, buffer, access, reason);
    if (spv_is_kept(reason))
        return true;
    // What a literal finds is what the host promises.
    if (!lowering->recheck || literal_is_inside(&lowering->program->buffers[buffer], expr))
        return false;
    note_outside(lowering, buffer, index, is_load);
    return true;
}

static bool non_private(const struct spv_lowering *lowering, uint32_t buffer)
{
    return vulkan_model(lowering) && lowering->buffers[buffer].non_private;
}

// Who may see a word of a buffer at the same time.
static uint32_t word_scope(struct spv_lowering *lowering, uint32_t buffer)
{
    return is_workgroup(lowering, buffer) ? spv_u32(lowering, SpvScopeWorkgroup)
                                          : device_scope(lowering);
}

uint32_t spv_load_word(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, bool shared)
{
    struct spv_writer *writer = &lowering->writer;
    uint32_t pointer = pointer_to(lowering, buffer, index);
    if (shared) {
        uint32_t scope = word_scope(lowering, buffer);
        uint32_t relaxed = spv_u32(lowering, 0);
        uint32_t word = spv_writer_id(writer);
        SPV_EMIT(writer, SPV_BODY, SpvOpAtomicLoad, lowering->type_u32, word, pointer, scope,
                 relaxed);
        return word;
    }
    uint32_t id = spv_writer_id(writer);
    if (non_private(lowering, buffer))
        SPV_EMIT(writer, SPV_BODY, SpvOpLoad, lowering->type_u32, id, pointer,
                 SpvMemoryAccessNonPrivatePointerMask);
    else
        SPV_EMIT(writer, SPV_BODY, SpvOpLoad, lowering->type_u32, id, pointer);
    return id;
}

void spv_store_word(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, uint32_t value)
{
    uint32_t pointer = pointer_to(lowering, buffer, index);
    if (non_private(lowering, buffer))
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, pointer, value,
                 SpvMemoryAccessNonPrivatePointerMask);
    else
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, pointer, value);
}

uint32_t spv_load_unit(struct spv_lowering *lowering, uint32_t buffer, uint32_t index)
{
    struct spv_writer *writer = &lowering->writer;
    uint32_t pointer = pointer_to(lowering, buffer, index);
    const uint32_t width[] = { 8 * lowering->buffers[buffer].unit, 0 };
    uint32_t type = spv_intern_type(writer, SpvOpTypeInt, width, 2);
    uint32_t id = spv_writer_id(writer);
    if (non_private(lowering, buffer))
        SPV_EMIT(writer, SPV_BODY, SpvOpLoad, type, id, pointer,
                 SpvMemoryAccessNonPrivatePointerMask);
    else
        SPV_EMIT(writer, SPV_BODY, SpvOpLoad, type, id, pointer);
    return spv_op1(lowering, SpvOpUConvert, lowering->type_u32, id);
}

void spv_store_unit(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, uint32_t value)
{
    uint32_t pointer = pointer_to(lowering, buffer, index);
    const uint32_t width[] = { 8 * lowering->buffers[buffer].unit, 0 };
    uint32_t type = spv_intern_type(&lowering->writer, SpvOpTypeInt, width, 2);
    uint32_t id = spv_op1(lowering, SpvOpUConvert, type, value);
    if (non_private(lowering, buffer))
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, pointer, id,
                 SpvMemoryAccessNonPrivatePointerMask);
    else
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, pointer, id);
}

uint32_t spv_byte_length(struct spv_lowering *lowering, uint32_t buffer)
{
    const struct ir_buffer *declared = &lowering->program->buffers[buffer];
    uint64_t bytes = 0;
    if (!is_workgroup(lowering, buffer))
        return spv_push_word(lowering, lowering->buffers[buffer].binding);
    // Workgroup memory has a size, and one that the target can hold.
    ir_type_packed_size(declared->element, declared->count, &bytes);
    return spv_u32(lowering, (uint32_t)bytes);
}

// Clearing and setting are two steps; what is between them is seen by nobody who does not race for
// these very bits.
void spv_merge_word(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, uint32_t mask,
                    uint32_t value)
{
    struct spv_writer *writer = &lowering->writer;
    uint32_t pointer = pointer_to(lowering, buffer, index);
    uint32_t scope = word_scope(lowering, buffer);
    uint32_t relaxed = spv_u32(lowering, 0);
    uint32_t others = spv_op1(lowering, SpvOpNot, lowering->type_u32, mask);
    uint32_t cleared = spv_writer_id(writer), set = spv_writer_id(writer);
    SPV_EMIT(writer, SPV_BODY, SpvOpAtomicAnd, lowering->type_u32, cleared, pointer, scope, relaxed,
             others);
    SPV_EMIT(writer, SPV_BODY, SpvOpAtomicOr, lowering->type_u32, set, pointer, scope, relaxed,
             value);
}

// Begins the branch in which `index` is inside and who writes is alive, when there has to be one.
bool spv_begin_inside(struct spv_lowering *lowering, uint32_t buffer,
                      const struct spv_access *access, uint32_t index, struct spv_if *branch,
                      uint32_t *before)
{
    uint32_t inside = 0;
    if (spv_check_needed(lowering, buffer, access, index)) {
        uint32_t length = spv_length(lowering, buffer);
        inside = spv_test2(lowering, SpvOpULessThan, index, length);
    }
    inside = spv_and_alive(lowering, inside);
    if (!inside)
        return false;
    if (before)
        *before = lowering->block;
    *branch = spv_if_begin(lowering, inside, false);
    return true;
}

// ---- Atomics ----------------------------------------------------------------------------------

static SpvOp atomic_op(uint8_t op)
{
    switch (op) {
    case IR_ATOMIC_ADD: return SpvOpAtomicIAdd;
    case IR_ATOMIC_OR: return SpvOpAtomicOr;
    case IR_ATOMIC_AND: return SpvOpAtomicAnd;
    case IR_ATOMIC_XOR: return SpvOpAtomicXor;
    case IR_ATOMIC_MIN: return SpvOpAtomicUMin;
    case IR_ATOMIC_MAX:
    case IR_ATOMIC_LRU_UPDATE: return SpvOpAtomicUMax;
    case IR_ATOMIC_EXCHANGE: return SpvOpAtomicExchange;
    default: return SpvOpNop;
    }
}

// The result of something that only ran when an index was inside: its value, else 0.
static uint32_t inside_or_zero(struct spv_lowering *lowering, struct spv_if *branch,
                               uint32_t before, uint32_t value)
{
    uint32_t within = lowering->block;
    spv_if_end(lowering, branch);
    uint32_t zero = spv_u32(lowering, 0);
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpPhi, lowering->type_u32, id, value, within, zero,
             before);
    return id;
}

// A storage buffer that atomics may touch, or UINT32_MAX after refusing the program.
static uint32_t find_atomic(struct spv_lowering *lowering, ir_name name, const struct ir_pos *pos)
{
    uint32_t buffer = find_words(lowering, name, pos);
    if (buffer == UINT32_MAX || !is_workgroup(lowering, buffer))
        return buffer;
    spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L001, pos,
               "atomics on workgroup memory are not part of the language yet");
    return UINT32_MAX;
}

// Its result is `id`.
static void compare_exchange(struct spv_lowering *lowering, uint32_t pointer, uint8_t ordering,
                             uint32_t expected, uint32_t value, uint32_t id)
{
    uint32_t order = atomic_semantics(lowering, acquires(ordering), releases(ordering));
    // A failed exchange writes nothing, and may not release (SPIR-V 1.6, 3.49.18).
    uint32_t failed = atomic_semantics(lowering, acquires(ordering), false);
    uint32_t scope = device_scope(lowering);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpAtomicCompareExchange, lowering->type_u32, id,
             pointer, scope, order, failed, value, expected);
}

// ~(old & value), which no device has: tried until nobody came between. Who fails was overtaken by
// somebody who did not, so it ends; the budget bounds it all the same.
static uint32_t emit_nand(struct spv_lowering *lowering, uint32_t pointer, uint8_t ordering,
                          uint32_t index, uint32_t value)
{
    struct spv_writer *writer = &lowering->writer;
    const uint32_t type = lowering->type_u32;
    uint32_t header = spv_writer_id(writer), body = spv_writer_id(writer);
    uint32_t again = spv_writer_id(writer), merge = spv_writer_id(writer);
    uint32_t expected = spv_writer_id(writer), tries = spv_writer_id(writer);
    uint32_t more = spv_writer_id(writer), first = spv_writer_id(writer);
    uint32_t zero = spv_u32(lowering, 0), one = spv_u32(lowering, 1);
    uint32_t seen = spv_writer_id(writer);
    uint32_t scope = device_scope(lowering);
    SPV_EMIT(writer, SPV_BODY, SpvOpAtomicLoad, type, first, pointer, scope, zero);
    uint32_t before = lowering->block;
    spv_branch(lowering, header);
    spv_start_block(lowering, header);
    SPV_EMIT(writer, SPV_BODY, SpvOpPhi, type, expected, first, before, seen, again);
    SPV_EMIT(writer, SPV_BODY, SpvOpPhi, type, tries, zero, before, more, again);
    SPV_EMIT(writer, SPV_BODY, SpvOpLoopMerge, merge, again, SpvLoopControlMaskNone);
    SPV_EMIT(writer, SPV_BODY, SpvOpBranch, body);
    spv_start_block(lowering, body);
    uint32_t both = spv_word2(lowering, SpvOpBitwiseAnd, expected, value);
    uint32_t result = spv_op1(lowering, SpvOpNot, type, both);
    compare_exchange(lowering, pointer, ordering, expected, result, seen);
    uint32_t lost = spv_test2(lowering, SpvOpINotEqual, seen, expected);
    uint32_t limit = spv_u32(lowering, lowering->facts.loop_budget);
    uint32_t may = spv_test2(lowering, SpvOpULessThan, tries, limit);
    uint32_t repeat = spv_test2(lowering, SpvOpLogicalAnd, lost, may);
    SPV_EMIT(writer, SPV_BODY, SpvOpBranchConditional, repeat, again, merge);
    spv_start_block(lowering, again);
    SPV_EMIT(writer, SPV_BODY, SpvOpIAdd, type, more, tries, one);
    spv_branch(lowering, header);
    spv_start_block(lowering, merge);
    struct spv_if branch = spv_if_begin(lowering, lost, false);
    spv_record_fault(lowering, VYRE_FAULT_CONTENTION, index, zero);
    spv_if_end(lowering, &branch);
    return seen;
}

static uint32_t emit_atomic(struct spv_lowering *lowering, const struct ir_expr *expr,
                            uint32_t pointer, uint32_t index, uint32_t expected, uint32_t value)
{
    struct spv_writer *writer = &lowering->writer;
    const uint8_t ordering = lowering->facts.relaxed ? IR_ORDER_RELAXED : expr->ordering;
    uint32_t scope = device_scope(lowering);
    uint32_t order = atomic_semantics(lowering, acquires(ordering), releases(ordering));
    // A weak exchange may fail for no reason, and need not.
    if (expr->op == IR_ATOMIC_COMPARE_EXCHANGE || expr->op == IR_ATOMIC_COMPARE_EXCHANGE_WEAK) {
        uint32_t id = spv_writer_id(writer);
        compare_exchange(lowering, pointer, ordering, expected, value, id);
        return id;
    }
    if (expr->op == IR_ATOMIC_FETCH_NAND)
        return emit_nand(lowering, pointer, ordering, index, value);
    uint32_t id = spv_writer_id(writer);
    SPV_EMIT(writer, SPV_BODY, atomic_op(expr->op), lowering->type_u32, id, pointer, scope, order,
             value);
    return id;
}

struct spv_value spv_atomic(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    const bool compares =
        (expr->op == IR_ATOMIC_COMPARE_EXCHANGE || expr->op == IR_ATOMIC_COMPARE_EXCHANGE_WEAK) &&
        expr->has_expected;
    const bool known = atomic_op(expr->op) != SpvOpNop || expr->op == IR_ATOMIC_FETCH_NAND;
    if (!compares && (!known || expr->has_expected)) {
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L001, &expr->pos,
                   "the atomic %s is not compiled yet", ir_atomic_info(expr->op)->name);
        return spv_value_of(spv_u32(lowering, 0), SPV_U32);
    }
    uint32_t operands[3] = { 0 };
    for (uint32_t i = 0; i < expr->kid_count && i < 3; i++)
        operands[i] = spv_as_word(lowering, spv_expr(lowering, expr->kids[i]));
    uint32_t index = operands[0];
    uint32_t expected = compares ? operands[1] : 0;
    uint32_t value = compares ? operands[2] : operands[1];
    struct spv_value result = spv_value_of(value, SPV_U32);
    uint32_t buffer = find_atomic(lowering, expr->name, &expr->pos);
    if (buffer == UINT32_MAX)
        return result;
    struct spv_if branch;
    uint32_t before = 0;
    const struct spv_access access = { VYRE_CHECK_ATOMIC, expr->kids[0], expr->pos };
    bool checked = spv_begin_inside(lowering, buffer, &access, index, &branch, &before);
    uint32_t pointer = pointer_to(lowering, buffer, index);
    result.id = emit_atomic(lowering, expr, pointer, index, expected, value);
    if (checked)
        result.id = inside_or_zero(lowering, &branch, before, result.id);
    return result;
}

struct spv_value spv_atomic_load(struct spv_lowering *lowering, const struct ir_expr *expr)
{
    uint32_t index = spv_as_word(lowering, spv_expr(lowering, expr->kids[0]));
    struct spv_value result = spv_value_of(index, SPV_U32);
    uint32_t buffer = find_atomic(lowering, expr->name, &expr->pos);
    if (buffer == UINT32_MAX)
        return result;
    struct spv_if branch;
    uint32_t before = 0;
    const struct spv_access access = { VYRE_CHECK_ATOMIC, expr->kids[0], expr->pos };
    bool checked = spv_begin_inside(lowering, buffer, &access, index, &branch, &before);
    uint32_t pointer = pointer_to(lowering, buffer, index);
    uint32_t scope = device_scope(lowering);
    uint32_t order = atomic_semantics(lowering, acquires(expr->ordering), false);
    result.id = spv_writer_id(&lowering->writer);
    // On a driver that has no fences, or-ing 0 is a load that stays where it is.
    if (lowering->target->fence_is_barrier && acquires(expr->ordering))
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpAtomicOr, lowering->type_u32, result.id, pointer,
                 scope, order, spv_u32(lowering, 0));
    else
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpAtomicLoad, lowering->type_u32, result.id,
                 pointer, scope, order);
    if (checked)
        result.id = inside_or_zero(lowering, &branch, before, result.id);
    return result;
}

void spv_atomic_store(struct spv_lowering *lowering, const struct ir_node *node)
{
    uint32_t index = spv_as_word(lowering, spv_expr(lowering, node->a));
    uint32_t value = spv_as_word(lowering, spv_expr(lowering, node->b));
    uint32_t buffer = find_atomic(lowering, node->name, &node->pos);
    if (buffer == UINT32_MAX)
        return;
    struct spv_if branch;
    const struct spv_access access = { VYRE_CHECK_ATOMIC, node->a, node->pos };
    bool checked = spv_begin_inside(lowering, buffer, &access, index, &branch, NULL);
    uint32_t pointer = pointer_to(lowering, buffer, index);
    uint32_t scope = device_scope(lowering);
    uint32_t order = atomic_semantics(lowering, false, releases(node->ordering));
    if (lowering->target->fence_is_barrier && releases(node->ordering))
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpAtomicExchange, lowering->type_u32,
                 spv_writer_id(&lowering->writer), pointer, scope, order, value);
    else
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpAtomicStore, pointer, scope, order, value);
    if (checked)
        spv_if_end(lowering, &branch);
}

// ---- Workgroup memory -------------------------------------------------------------------------

void spv_barrier(struct spv_lowering *lowering)
{
    // Invocations of one workgroup meet here, and what they wrote anywhere is visible to each
    // other.
    uint32_t scope = spv_u32(lowering, SpvScopeWorkgroup);
    uint32_t order = semantics(lowering, true, true);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpControlBarrier, scope, scope, order);
}

static void zero_word(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, bool checked)
{
    struct spv_if branch;
    if (checked) {
        uint32_t count = spv_u32(lowering, lowering->buffers[buffer].words);
        uint32_t inside = spv_test2(lowering, SpvOpULessThan, index, count);
        branch = spv_if_begin(lowering, inside, false);
    }
    spv_store_word(lowering, buffer, index, spv_u32(lowering, 0));
    if (checked)
        spv_if_end(lowering, &branch);
}

// for (i = local index; i < count; i += invocations) buffer[i] = 0
static void zero_by_loop(struct spv_lowering *lowering, uint32_t buffer, uint32_t start)
{
    struct spv_writer *writer = &lowering->writer;
    uint32_t count = spv_u32(lowering, lowering->buffers[buffer].words);
    uint32_t step = spv_u32(lowering, lowering->facts.workgroup_invocations);
    uint32_t header = spv_writer_id(writer), body = spv_writer_id(writer);
    uint32_t next_block = spv_writer_id(writer), merge = spv_writer_id(writer);
    uint32_t index = spv_writer_id(writer), next = spv_writer_id(writer);
    uint32_t before = lowering->block;
    spv_branch(lowering, header);
    spv_start_block(lowering, header);
    SPV_EMIT(writer, SPV_BODY, SpvOpPhi, lowering->type_u32, index, start, before, next,
             next_block);
    uint32_t more = spv_test2(lowering, SpvOpULessThan, index, count);
    SPV_EMIT(writer, SPV_BODY, SpvOpLoopMerge, merge, next_block, SpvLoopControlMaskNone);
    SPV_EMIT(writer, SPV_BODY, SpvOpBranchConditional, more, body, merge);
    spv_start_block(lowering, body);
    const size_t pointers = lowering->pointers.count;
    spv_store_word(lowering, buffer, index, spv_u32(lowering, 0));
    lowering->pointers.count = pointers;
    spv_branch(lowering, next_block);
    spv_start_block(lowering, next_block);
    SPV_EMIT(writer, SPV_BODY, SpvOpIAdd, lowering->type_u32, next, index, step);
    spv_branch(lowering, header);
    spv_start_block(lowering, merge);
}

void spv_zero_workgroup_memory(struct spv_lowering *lowering)
{
    // Up to this many rounds are written out; drivers unroll short loops anyway.
    enum { MOST_UNROLLED = 4 };
    const struct vyre_program *program = lowering->program;
    const uint32_t invocations = lowering->facts.workgroup_invocations;
    bool any = false;
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct spv_buffer_facts *use = &lowering->facts.buffers[i];
        if (!is_workgroup(lowering, i) || !use->loaded || use->filled)
            continue; // nobody can tell
        any = true;
        uint32_t count = lowering->buffers[i].words;
        uint32_t start = spv_built_in(lowering, SPV_LOCAL_INDEX, 0);
        uint64_t rounds = ((uint64_t)count + invocations - 1) / invocations;
        if (rounds > MOST_UNROLLED) {
            zero_by_loop(lowering, i, start);
            continue;
        }
        for (uint32_t round = 0; round < rounds; round++) {
            uint32_t index = start;
            if (round)
                index =
                    spv_word2(lowering, SpvOpIAdd, start, spv_u32(lowering, round * invocations));
            zero_word(lowering, i, index, (uint64_t)(round + 1) * invocations > count);
        }
    }
    if (any && invocations > 1)
        spv_barrier(lowering);
}

// ---- Faults -----------------------------------------------------------------------------------

static uint32_t fault_word(struct spv_lowering *lowering, uint32_t word)
{
    uint32_t variable = spv_fault_variable(lowering);
    uint32_t zero = spv_u32(lowering, 0);
    uint32_t index = spv_u32(lowering, word);
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpAccessChain, lowering->type_unit_pointer[4], id,
             variable, zero, index);
    return id;
}

static uint32_t linear_workgroup(struct spv_lowering *lowering)
{
    uint32_t linear = spv_built_in(lowering, SPV_WORKGROUP_ID, 2);
    for (uint32_t axis = 2; axis-- > 0;) {
        uint32_t count = spv_built_in(lowering, SPV_WORKGROUP_COUNT, axis);
        uint32_t product = spv_word2(lowering, SpvOpIMul, linear, count);
        linear =
            spv_word2(lowering, SpvOpIAdd, product, spv_built_in(lowering, SPV_WORKGROUP_ID, axis));
    }
    return linear;
}

void spv_record_fault(struct spv_lowering *lowering, uint32_t kind, uint32_t detail,
                      uint32_t detail2)
{
    struct spv_writer *writer = &lowering->writer;
    // The first invocation that faults owns the record. Relaxed is enough: the host reads it after
    // the dispatch, and nobody else reads the other words.
    uint32_t scope = device_scope(lowering);
    uint32_t relaxed = spv_u32(lowering, 0);
    uint32_t pointer = fault_word(lowering, 0);
    uint32_t old = spv_writer_id(writer);
    SPV_EMIT(writer, SPV_BODY, SpvOpAtomicCompareExchange, lowering->type_u32, old, pointer, scope,
             relaxed, relaxed, spv_u32(lowering, kind), relaxed);
    uint32_t first = spv_test2(lowering, SpvOpIEqual, old, relaxed);
    struct spv_if branch = spv_if_begin(lowering, first, false);
    const uint32_t values[] = { detail, detail2, linear_workgroup(lowering) };
    for (uint32_t i = 0; i < 3; i++) {
        pointer = fault_word(lowering, i + 1);
        SPV_EMIT(writer, SPV_BODY, SpvOpAtomicStore, pointer, scope, relaxed, values[i]);
    }
    spv_if_end(lowering, &branch);
}
