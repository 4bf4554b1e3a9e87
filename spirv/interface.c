// SPDX-License-Identifier: MIT
// What the module shares with the outside: storage buffers, workgroup memory, push constants,
// built-ins, the fault record and the entry point. Variables are declared when they are first used,
// because from SPIR-V 1.4 on every declared one is part of the entry point's interface.
#include "numbers.h"

#include "base/utf8.h"

#include <string.h>

enum { ENTRY_NAME_SIZE = 4 };
static const char entry_name[] = "main";

static uint32_t spirv_version(enum vyre_spirv_env env)
{
    switch (env) {
    case VYRE_ENV_VULKAN_1_2: return 0x00010500;
    case VYRE_ENV_VULKAN_1_3: return 0x00010600;
    default: return 0x00010300;
    }
}

static uint32_t pointer_type(struct spv_lowering *lowering, SpvStorageClass class, uint32_t type)
{
    const uint32_t operands[] = { class, type };
    return spv_intern_type(&lowering->writer, SpvOpTypePointer, operands, 2);
}

static void decorate(struct spv_lowering *lowering, uint32_t id, SpvDecoration decoration)
{
    SPV_EMIT(&lowering->writer, SPV_DECORATIONS, SpvOpDecorate, id, decoration);
}

static void decorate_with(struct spv_lowering *lowering, uint32_t id, SpvDecoration decoration,
                          uint32_t value)
{
    SPV_EMIT(&lowering->writer, SPV_DECORATIONS, SpvOpDecorate, id, decoration, value);
}

// A global variable, listed in the entry point as the version demands (SPIR-V 1.6, OpEntryPoint:
// inputs and outputs up to 1.3, everything from 1.4 on).
static void declare_global(struct spv_lowering *lowering, uint32_t id, uint32_t pointer,
                           SpvStorageClass class)
{
    SPV_EMIT(&lowering->writer, SPV_GLOBALS, SpvOpVariable, pointer, id, class);
    bool listed = class == SpvStorageClassInput || spirv_version(lowering->target->env) > 0x10300;
    if (listed && !array_push_in(&lowering->arena, &lowering->interface, id))
        spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
}

static uint32_t global_variable(struct spv_lowering *lowering, uint32_t pointer,
                                SpvStorageClass class)
{
    uint32_t id = spv_writer_id(&lowering->writer);
    declare_global(lowering, id, pointer, class);
    return id;
}

// ---- Storage ----------------------------------------------------------------------------------

// The integer type of a unit. Those of less than a word are for loads, stores and conversions alone
// (SPIR-V 1.6, StorageBuffer8BitAccess and StorageBuffer16BitAccess).
static uint32_t unit_type(struct spv_lowering *lowering, uint32_t bytes)
{
    static const char extension[] = "SPV_KHR_8bit_storage"; // that for 16 bits is in SPIR-V 1.3
    struct spv_writer *writer = &lowering->writer;
    const uint32_t operands[] = { 8 * bytes, 0 };
    if (bytes == 4)
        return lowering->type_u32;
    SPV_EMIT(writer, SPV_CAPABILITIES, SpvOpCapability,
             bytes == 1 ? SpvCapabilityStorageBuffer8BitAccess
                        : SpvCapabilityStorageBuffer16BitAccess);
    if (bytes == 1 && spirv_version(lowering->target->env) < 0x00010500)
        spv_emit_text(writer, SPV_EXTENSIONS, SpvOpExtension, NULL, 0, extension,
                      sizeof extension - 1, NULL, 0);
    return spv_intern_type(writer, SpvOpTypeInt, operands, 2);
}

// Storage buffers of one unit share one type: a block that holds a runtime array.
static uint32_t storage_variable(struct spv_lowering *lowering, uint32_t binding, uint32_t unit)
{
    struct spv_writer *writer = &lowering->writer;
    uint32_t *type = &lowering->type_buffer[unit];
    if (!*type) {
        uint32_t element = unit_type(lowering, unit);
        uint32_t array = spv_intern_type(writer, SpvOpTypeRuntimeArray, &element, 1);
        decorate_with(lowering, array, SpvDecorationArrayStride, unit);
        uint32_t block = spv_intern_type(writer, SpvOpTypeStruct, &array, 1);
        decorate(lowering, block, SpvDecorationBlock);
        SPV_EMIT(writer, SPV_DECORATIONS, SpvOpMemberDecorate, block, 0, SpvDecorationOffset, 0);
        *type = pointer_type(lowering, SpvStorageClassStorageBuffer, block);
        lowering->type_unit_pointer[unit] =
            pointer_type(lowering, SpvStorageClassStorageBuffer, element);
    }
    uint32_t id = global_variable(lowering, *type, SpvStorageClassStorageBuffer);
    decorate_with(lowering, id, SpvDecorationDescriptorSet, 0);
    decorate_with(lowering, id, SpvDecorationBinding, binding);
    return id;
}

static uint32_t workgroup_variable(struct spv_lowering *lowering, uint32_t count)
{
    const uint32_t operands[] = { lowering->type_u32, spv_u32(lowering, count) };
    uint32_t array = spv_intern_type(&lowering->writer, SpvOpTypeArray, operands, 2);
    if (!lowering->type_workgroup_pointer)
        lowering->type_workgroup_pointer =
            pointer_type(lowering, SpvStorageClassWorkgroup, lowering->type_u32);
    uint32_t type = pointer_type(lowering, SpvStorageClassWorkgroup, array);
    return global_variable(lowering, type, SpvStorageClassWorkgroup);
}

// A buffer that another agent may write while the kernel runs must not be taken for constant, and
// drivers take one that they only see being read for that: Mesa hoists such loads and serves them
// from caches that nobody refreshes, whatever the memory operands say, unless the binding is
// Aliased. Where an agent outside takes part, what it publishes by a flag in one buffer usually
// lies in others. tests/vendor reads the loads in AMD's machine code.
static void decorate_access(struct spv_lowering *lowering, uint32_t buffer, uint32_t id)
{
    const struct spv_buffer_facts *facts = &lowering->facts.buffers[buffer];
    const uint8_t access = lowering->program->buffers[buffer].access;
    const bool constant = access == VYRE_ACCESS_READ_ONLY || access == VYRE_ACCESS_UNIFORM;
    if (lowering->facts.external && lowering->buffers[buffer].non_private)
        decorate(lowering, id, SpvDecorationAliased);
    else if (constant && !facts->stored && !facts->updated)
        decorate(lowering, id, SpvDecorationNonWritable);
    if (lowering->target->memory_model == VYRE_MEMORY_GLSL450) {
        if (lowering->buffers[buffer].non_private)
            decorate(lowering, id, SpvDecorationCoherent);
        if (facts->external)
            decorate(lowering, id, SpvDecorationVolatile);
    }
}

uint32_t spv_buffer_variable(struct spv_lowering *lowering, uint32_t buffer)
{
    struct spv_buffer *state = &lowering->buffers[buffer];
    const struct ir_buffer *declared = &lowering->program->buffers[buffer];
    if (state->variable)
        return state->variable;
    if (declared->access == VYRE_ACCESS_WORKGROUP) {
        state->variable = workgroup_variable(lowering, state->words);
    } else {
        state->variable = storage_variable(lowering, state->binding, state->unit);
        decorate_access(lowering, buffer, state->variable);
    }
    spv_name(lowering, state->variable, declared->name);
    return state->variable;
}

uint32_t spv_fault_variable(struct spv_lowering *lowering)
{
    if (!lowering->fault) {
        lowering->fault = storage_variable(lowering, lowering->binding_count, 4);
        spv_call_it(lowering, lowering->fault, "fault record");
    }
    return lowering->fault;
}

uint32_t spv_exchange_variable(struct spv_lowering *lowering)
{
    if (lowering->exchange)
        return lowering->exchange;
    struct spv_writer *writer = &lowering->writer;
    const uint32_t words[] = { lowering->type_u32, 4 };
    const uint32_t vector = spv_intern_type(writer, SpvOpTypeVector, words, 2);
    const uint32_t vectors = (uint32_t)(spv_exchange_words(&lowering->facts) / 4);
    const uint32_t operands[] = { vector, spv_u32(lowering, vectors) };
    uint32_t array = spv_intern_type(writer, SpvOpTypeArray, operands, 2);
    uint32_t type = pointer_type(lowering, SpvStorageClassWorkgroup, array);
    if (!lowering->type_workgroup_pointer)
        lowering->type_workgroup_pointer =
            pointer_type(lowering, SpvStorageClassWorkgroup, lowering->type_u32);
    lowering->exchange = global_variable(lowering, type, SpvStorageClassWorkgroup);
    return lowering->exchange;
}

// ---- Push constants and built-ins --------------------------------------------------------------

// The whole block, of which words are parts. Its type is declared at the end, when its members are
// known.
static uint32_t push_block(struct spv_lowering *lowering)
{
    struct spv_writer *writer = &lowering->writer;
    if (!lowering->push) {
        lowering->push = spv_writer_id(writer);
        lowering->push_type = spv_writer_id(writer);
        lowering->push_block = spv_writer_id(writer);
        spv_call_it(lowering, lowering->push, "lengths and parameters");
        SPV_EMIT(writer, SPV_PROLOGUE, SpvOpLoad, lowering->push_type, lowering->push_block,
                 lowering->push);
    }
    return lowering->push_block;
}

// The block of push constants: a member for each word that is used, where the host puts it.
static void declare_push(struct spv_lowering *lowering)
{
    struct spv_writer *writer = &lowering->writer;
    const struct spv_words *used = &lowering->push_used;
    if (!lowering->push)
        return;
    uint32_t *operands = arena_array(&lowering->arena, used->count + 1, sizeof *operands);
    if (!operands) {
        spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
        return;
    }
    const uint32_t block = operands[0] = lowering->push_type;
    for (size_t i = 0; i < used->count; i++) {
        operands[i + 1] = lowering->type_u32;
        SPV_EMIT(writer, SPV_DECORATIONS, SpvOpMemberDecorate, block, (uint32_t)i,
                 SpvDecorationOffset, 4 * used->items[i]);
    }
    // Not interned: the two words of a product are such a structure, and have no place.
    spv_emit(writer, SPV_GLOBALS, SpvOpTypeStruct, operands, used->count + 1);
    decorate(lowering, block, SpvDecorationBlock);
    uint32_t type = pointer_type(lowering, SpvStorageClassPushConstant, block);
    declare_global(lowering, lowering->push, type, SpvStorageClassPushConstant);
}

uint32_t spv_push_word(struct spv_lowering *lowering, uint32_t word)
{
    uint32_t *value = &lowering->push_values[word];
    if (*value)
        return *value;
    const uint32_t block = push_block(lowering);
    const uint32_t member = (uint32_t)lowering->push_used.count;
    if (!array_push_in(&lowering->arena, &lowering->push_used, word))
        spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
    *value = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, SPV_PROLOGUE, SpvOpCompositeExtract, lowering->type_u32, *value,
             block, member);
    return *value;
}

static uint32_t built_in_variable(struct spv_lowering *lowering, enum spv_built_in which,
                                  uint32_t type)
{
    static const SpvBuiltIn names[] = {
        [SPV_GLOBAL_ID] = SpvBuiltInGlobalInvocationId,
        [SPV_WORKGROUP_ID] = SpvBuiltInWorkgroupId,
        [SPV_LOCAL_ID] = SpvBuiltInLocalInvocationId,
        [SPV_WORKGROUP_COUNT] = SpvBuiltInNumWorkgroups,
        [SPV_LOCAL_INDEX] = SpvBuiltInLocalInvocationIndex,
        [SPV_SUBGROUP_ID] = SpvBuiltInSubgroupId,
        [SPV_SUBGROUP_LANE] = SpvBuiltInSubgroupLocalInvocationId,
    };
    uint32_t pointer = pointer_type(lowering, SpvStorageClassInput, type);
    uint32_t id = global_variable(lowering, pointer, SpvStorageClassInput);
    decorate_with(lowering, id, SpvDecorationBuiltIn, names[which]);
    return id;
}

// The local index by the device's subgroups.
static uint32_t index_by_lanes(struct spv_lowering *lowering)
{
    const uint32_t width = spv_u32(lowering, lowering->facts.full_subgroup);
    uint32_t first = spv_built_in(lowering, SPV_SUBGROUP_ID, 0);
    first = spv_word2(lowering, SpvOpIMul, first, width);
    return spv_word2(lowering, SpvOpIAdd, first, spv_built_in(lowering, SPV_SUBGROUP_LANE, 0));
}

static uint32_t local_id_by_lanes(struct spv_lowering *lowering, uint32_t axis)
{
    const uint32_t *size = lowering->program->workgroup;
    uint32_t before = 1, after = 1; // invocations of the axes before this one, and behind it
    for (uint32_t i = 0; i < 3; i++) {
        before *= i < axis ? size[i] : 1;
        after *= i > axis ? size[i] : 1;
    }
    if (size[axis] == 1)
        return spv_u32(lowering, 0);
    uint32_t id = spv_built_in(lowering, SPV_LOCAL_INDEX, 0);
    if (before > 1)
        id = spv_word2(lowering, SpvOpUDiv, id, spv_u32(lowering, before));
    return after > 1 ? spv_word2(lowering, SpvOpUMod, id, spv_u32(lowering, size[axis])) : id;
}

static uint32_t computed_global_id(struct spv_lowering *lowering, uint32_t axis)
{
    const uint32_t size = lowering->program->workgroup[axis];
    uint32_t first = spv_built_in(lowering, SPV_WORKGROUP_ID, axis);
    if (size == 1)
        return first;
    first = spv_word2(lowering, SpvOpIMul, first, spv_u32(lowering, size));
    return spv_word2(lowering, SpvOpIAdd, first, spv_built_in(lowering, SPV_LOCAL_ID, axis));
}

// Next to the ids of the workgroup and in it, the global one is two instructions, which most
// drivers would make of the built-in, too; a variable of its own takes more of the module.
static bool computes_global_id(const struct spv_facts *facts)
{
    const unsigned axes = facts->global_ids;
    const bool all = axes == 7;
    return !all && !(axes & ~(unsigned)(facts->workgroup_ids & facts->local_ids));
}

// One that is computed, since ids follow the device's subgroups or others are there; 0: it is not.
static uint32_t computed(struct spv_lowering *lowering, enum spv_built_in which, uint32_t axis)
{
    if (which == SPV_GLOBAL_ID && computes_global_id(&lowering->facts))
        return computed_global_id(lowering, axis);
    if (!lowering->facts.full_subgroup)
        return 0;
    switch (which) {
    case SPV_LOCAL_INDEX: return index_by_lanes(lowering);
    case SPV_LOCAL_ID: return local_id_by_lanes(lowering, axis);
    case SPV_GLOBAL_ID: return computed_global_id(lowering, axis);
    default: return 0;
    }
}

static uint32_t load_built_in(struct spv_lowering *lowering, enum spv_built_in which, bool scalar)
{
    struct spv_writer *writer = &lowering->writer;
    const uint32_t vector[] = { lowering->type_u32, 3 };
    uint32_t type =
        scalar ? lowering->type_u32 : spv_intern_type(writer, SpvOpTypeVector, vector, 2);
    uint32_t variable = built_in_variable(lowering, which, type);
    uint32_t whole = spv_writer_id(writer);
    SPV_EMIT(writer, SPV_PROLOGUE, SpvOpLoad, type, whole, variable);
    return whole;
}

uint32_t spv_built_in(struct spv_lowering *lowering, enum spv_built_in which, uint32_t axis)
{
    const bool scalar = which >= SPV_LOCAL_INDEX;
    uint32_t *whole = &lowering->built_in[which];
    uint32_t *part = scalar ? whole : &lowering->built_in_part[which][axis];
    if (*part)
        return *part;
    const enum spv_section at = lowering->at;
    lowering->at = SPV_PROLOGUE;
    *part = computed(lowering, which, axis);
    lowering->at = at;
    if (*part)
        return *part;
    if (!*whole)
        *whole = load_built_in(lowering, which, scalar);
    if (!scalar) {
        *part = spv_writer_id(&lowering->writer);
        SPV_EMIT(&lowering->writer, SPV_PROLOGUE, SpvOpCompositeExtract, lowering->type_u32, *part,
                 *whole, axis);
    }
    return *part;
}

uint32_t spv_local_variable(struct spv_lowering *lowering)
{
    if (!lowering->type_local_pointer)
        lowering->type_local_pointer =
            pointer_type(lowering, SpvStorageClassFunction, lowering->type_u32);
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, SPV_LOCALS, SpvOpVariable, lowering->type_local_pointer, id,
             SpvStorageClassFunction);
    return id;
}

uint32_t spv_hidden_variable(struct spv_lowering *lowering)
{
    if (lowering->hidden_variable)
        return lowering->hidden_variable;
    uint32_t type = pointer_type(lowering, SpvStorageClassPrivate, lowering->type_u32);
    uint32_t id = global_variable(lowering, type, SpvStorageClassPrivate);
    SPV_EMIT(&lowering->writer, SPV_PROLOGUE, SpvOpStore, id, spv_hidden_zero(lowering));
    lowering->hidden_variable = id;
    return id;
}

// ---- The module's frame -----------------------------------------------------------------------

static void declare_model(struct spv_lowering *lowering)
{
    struct spv_writer *writer = &lowering->writer;
    const struct vyre_target *target = lowering->target;
    const bool vulkan = target->memory_model == VYRE_MEMORY_VULKAN;
    SPV_EMIT(writer, SPV_CAPABILITIES, SpvOpCapability, SpvCapabilityShader);
    if (vulkan) {
        static const char extension[] = "SPV_KHR_vulkan_memory_model";
        SPV_EMIT(writer, SPV_CAPABILITIES, SpvOpCapability, SpvCapabilityVulkanMemoryModel);
        if (target->device_scope)
            SPV_EMIT(writer, SPV_CAPABILITIES, SpvOpCapability,
                     SpvCapabilityVulkanMemoryModelDeviceScope);
        if (spirv_version(target->env) < 0x00010500)
            spv_emit_text(writer, SPV_EXTENSIONS, SpvOpExtension, NULL, 0, extension,
                          sizeof extension - 1, NULL, 0);
    }
    SPV_EMIT(writer, SPV_MODEL, SpvOpMemoryModel, SpvAddressingModelLogical,
             vulkan ? SpvMemoryModelVulkan : SpvMemoryModelGLSL450);
}

// The name of the text, for OpLine. Of a long path the end tells files apart; and a path may be any
// bytes, a string of SPIR-V is UTF-8.
static void declare_source(struct spv_lowering *lowering)
{
    enum { LONGEST = 1024 };
    struct spv_writer *writer = &lowering->writer;
    const struct vyre_program *program = lowering->program;
    if (!lowering->debug_info || !program->source_text)
        return;
    char name[LONGEST] = "";
    const char *path = program->source_name ? program->source_name : "";
    size_t size = strlen(path);
    if (size > LONGEST) {
        path += size - LONGEST;
        size = LONGEST;
    }
    memcpy(name, path, size);
    for (size_t i = 0; i < size && !utf8_valid(name, size); i++)
        if ((unsigned char)name[i] >= 0x80)
            name[i] = '?';
    writer->file = spv_writer_id(writer);
    spv_emit_text(writer, SPV_STRINGS, SpvOpString, &writer->file, 1, name, size, NULL, 0);
}

// Subgroups of the device, and the promise that invocations which parted meet again.
static void declare_subgroups(struct spv_lowering *lowering)
{
    static const char extension[] = "SPV_KHR_subgroup_uniform_control_flow";
    struct spv_writer *writer = &lowering->writer;
    const struct spv_facts *facts = &lowering->facts;
    if (!facts->full_subgroup)
        return;
    SPV_EMIT(writer, SPV_CAPABILITIES, SpvOpCapability, SpvCapabilityGroupNonUniform);
    if (!(lowering->target->subgroup_ops & VYRE_SUBGROUP_REUNITES))
        return;
    spv_emit_text(writer, SPV_EXTENSIONS, SpvOpExtension, NULL, 0, extension, sizeof extension - 1,
                  NULL, 0);
    SPV_EMIT(writer, SPV_MODES, SpvOpExecutionMode, lowering->main,
             SpvExecutionModeSubgroupUniformControlFlowKHR);
}

void spv_interface_init(struct spv_lowering *lowering)
{
    struct spv_writer *writer = &lowering->writer;
    const uint32_t *size = lowering->program->workgroup;
    declare_model(lowering);
    lowering->type_void = spv_intern_type(writer, SpvOpTypeVoid, NULL, 0);
    lowering->type_bool = spv_intern_type(writer, SpvOpTypeBool, NULL, 0);
    const uint32_t word[] = { 32, 0 };
    lowering->type_u32 = spv_intern_type(writer, SpvOpTypeInt, word, 2);
    uint32_t function = spv_intern_type(writer, SpvOpTypeFunction, &lowering->type_void, 1);
    lowering->main = spv_writer_id(writer);
    spv_name_text(lowering, lowering->main, entry_name, ENTRY_NAME_SIZE);
    declare_source(lowering);
    SPV_EMIT(writer, SPV_MODES, SpvOpExecutionMode, lowering->main, SpvExecutionModeLocalSize,
             size[0], size[1], size[2]);
    declare_subgroups(lowering);
    SPV_EMIT(writer, SPV_HEAD, SpvOpFunction, lowering->type_void, lowering->main,
             SpvFunctionControlMaskNone, function);
    lowering->block = spv_writer_id(writer);
    SPV_EMIT(writer, SPV_HEAD, SpvOpLabel, lowering->block);
}

// Asks for the float behaviour that the target can promise, in modules that have float instructions
// and do not want whatever the driver has.
static void declare_floats(struct spv_lowering *lowering)
{
    static const struct {
        enum vyre_float_control control;
        SpvCapability capability;
        SpvExecutionMode mode;
    } modes[] = {
        { VYRE_FLOAT_ROUND_TO_EVEN, SpvCapabilityRoundingModeRTE, SpvExecutionModeRoundingModeRTE },
        { VYRE_FLOAT_SPECIALS, SpvCapabilitySignedZeroInfNanPreserve,
          SpvExecutionModeSignedZeroInfNanPreserve },
        { VYRE_FLOAT_SUBNORMALS, SpvCapabilityDenormPreserve, SpvExecutionModeDenormPreserve },
    };
    static const char extension[] = "SPV_KHR_float_controls";
    struct spv_writer *writer = &lowering->writer;
    const uint32_t controls = lowering->target->float_controls;
    if (!lowering->type_f32 || !controls || lowering->float_mode == VYRE_FLOAT_FAST)
        return;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (!(controls & modes[i].control))
            continue;
        SPV_EMIT(writer, SPV_CAPABILITIES, SpvOpCapability, modes[i].capability);
        SPV_EMIT(writer, SPV_MODES, SpvOpExecutionMode, lowering->main, modes[i].mode, 32);
    }
    if (spirv_version(lowering->target->env) < 0x00010400)
        spv_emit_text(writer, SPV_EXTENSIONS, SpvOpExtension, NULL, 0, extension,
                      sizeof extension - 1, NULL, 0);
}

enum vyre_result spv_interface_finish(struct spv_lowering *lowering, uint32_t **words,
                                      size_t *count)
{
    const uint32_t operands[] = { SpvExecutionModelGLCompute, lowering->main };
    spv_library_finish(lowering);
    declare_push(lowering);
    declare_floats(lowering);
    spv_emit_text(&lowering->writer, SPV_ENTRY, SpvOpEntryPoint, operands, 2, entry_name,
                  ENTRY_NAME_SIZE, lowering->interface.items, lowering->interface.count);
    return spv_writer_finish(&lowering->writer, spirv_version(lowering->target->env), words, count);
}
