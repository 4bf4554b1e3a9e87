// SPDX-License-Identifier: MIT
#include "library.h"

#include "base/memory.h"
#include "numbers.h"

#include <string.h>

static const uint32_t text[] = {
#include "values.spv.inc"
};

enum {
    TEXT_SIZE = sizeof text / sizeof *text,
    HEADER_WORDS = 5,
    BOUND_AT = 3, // of the header
};

static SpvOp op_at(uint32_t place)
{
    return (SpvOp)(text[place] & SpvOpCodeMask);
}

static uint32_t count_at(uint32_t place)
{
    return text[place] >> SpvWordCountShift;
}

static void fail(struct spv_lowering *lowering)
{
    if (!lowering->writer.status)
        lowering->writer.status = VYRE_ERR_NO_MEMORY;
}

// ---- Finding ------------------------------------------------------------------------------------

// Notes where functions, types and constants are. Labels and results inside functions have no
// place.
static bool open_library(struct spv_lowering *lowering)
{
    struct spv_library *library = &lowering->library;
    if (library->places)
        return true;
    library->places = memory_calloc(text[BOUND_AT], sizeof *library->places);
    library->ids = memory_calloc(text[BOUND_AT], sizeof *library->ids);
    if (!library->places || !library->ids) {
        fail(lowering);
        return false;
    }
    for (uint32_t at = HEADER_WORDS; at < TEXT_SIZE; at += count_at(at)) {
        switch (op_at(at)) {
        case SpvOpConstant:
        case SpvOpConstantTrue:
        case SpvOpConstantFalse:
        case SpvOpConstantComposite:
        case SpvOpFunction: library->places[text[at + 2]] = at; break;
        case SpvOpExtInstImport:
        case SpvOpTypeVoid:
        case SpvOpTypeBool:
        case SpvOpTypeInt:
        case SpvOpTypeFloat:
        case SpvOpTypeVector:
        case SpvOpTypeArray:
        case SpvOpTypeStruct:
        case SpvOpTypePointer:
        case SpvOpTypeFunction: library->places[text[at + 1]] = at; break;
        default: break;
        }
    }
    return true;
}

// glslc names a function with its parameters: "f32_add(u1;u1;".
static bool has_name(uint32_t place, const char *name, size_t size)
{
    char found[64];
    const uint32_t words = count_at(place) - 2;
    if (op_at(place) != SpvOpName || size >= 4 * (size_t)words || size >= sizeof found)
        return false;
    for (size_t i = 0; i <= size; i++)
        found[i] = (char)(text[place + 2 + i / 4] >> (8 * (i % 4)));
    return memcmp(found, name, size) == 0 && found[size] == '(';
}

static uint32_t want(struct spv_lowering *lowering, uint32_t function)
{
    struct spv_library *library = &lowering->library;
    if (!library->ids[function]) {
        library->ids[function] = spv_writer_id(&lowering->writer);
        if (!array_push(&library->wanted, function))
            fail(lowering);
    }
    return library->ids[function];
}

uint32_t spv_library_function(struct spv_lowering *lowering, const char *name)
{
    struct spv_library *library = &lowering->library;
    if (!open_library(lowering))
        return 1;
    const size_t size = strlen(name);
    size_t slot = size;
    for (size_t i = 0; i < size; i++)
        slot = slot * 31 + (unsigned char)name[i];
    uint32_t *found = &library->found[slot % (sizeof library->found / sizeof *library->found)];
    if (*found && has_name(*found, name, size))
        return want(lowering, text[*found + 1]);
    for (uint32_t at = HEADER_WORDS; at < TEXT_SIZE && op_at(at) != SpvOpFunction;
         at += count_at(at)) {
        if (!has_name(at, name, size))
            continue;
        *found = at;
        return want(lowering, text[at + 1]);
    }
    return 1; // a test calls every function by its name
}

// ---- Copying ------------------------------------------------------------------------------------

// Whether word `at` of an instruction is an id; the others are numbers.
static bool is_id(SpvOp op, uint32_t at)
{
    switch (op) {
    case SpvOpTypeInt:
    case SpvOpTypeFloat: return at == 1;
    case SpvOpTypePointer: return at != 2;
    case SpvOpTypeVector: return at < 3;
    case SpvOpConstant: return at < 3;
    case SpvOpFunction:
    case SpvOpVariable: return at != 3;
    case SpvOpExtInst: return at != 4;
    case SpvOpSelectionMerge: return at < 2;
    case SpvOpStore: return at < 3;
    case SpvOpLoad:
    case SpvOpCompositeExtract:
    case SpvOpBranchConditional: return at < 4;
    default: return true;
    }
}

static uint32_t map(struct spv_lowering *lowering, uint32_t id);

// A type or a constant, which the module may have already.
static uint32_t copy_global(struct spv_lowering *lowering, uint32_t place)
{
    enum { MOST_OPERANDS = 64 };
    uint32_t operands[MOST_OPERANDS];
    const SpvOp op = op_at(place);
    uint32_t count = 0;
    bool constant = op == SpvOpConstant || op == SpvOpConstantTrue || op == SpvOpConstantFalse ||
                    op == SpvOpConstantComposite;
    if (op == SpvOpExtInstImport)
        return spv_glsl(lowering);
    if (op == SpvOpTypeFloat && text[place + 2] == 64)
        spv_need_float64(lowering);
    if (op == SpvOpTypeFloat && text[place + 2] == 32)
        return spv_float_type(lowering);
    for (uint32_t i = 1; i < count_at(place) && count < MOST_OPERANDS; i++) {
        if (i == (constant ? 2u : 1u))
            continue; // its own id
        uint32_t word = text[place + i];
        operands[count++] = is_id(op, i) ? map(lowering, word) : word;
    }
    if (constant)
        return spv_intern_constant(&lowering->writer, op, operands, count);
    return spv_intern_type(&lowering->writer, op, operands, count);
}

// The module's id for one of the library's. Globals are built from globals before them, and
// functions are copied one after the other, so this does not go deep.
static uint32_t map(struct spv_lowering *lowering, uint32_t id)
{
    struct spv_library *library = &lowering->library;
    const uint32_t place = library->places[id];
    if (library->ids[id])
        return library->ids[id];
    if (!place)
        library->ids[id] = spv_writer_id(&lowering->writer);
    else if (op_at(place) == SpvOpFunction)
        return want(lowering, id);
    else
        library->ids[id] = copy_global(lowering, place);
    return library->ids[id];
}

// ---- Float arithmetic ---------------------------------------------------------------------------

static bool is_float32(const struct spv_lowering *lowering, uint32_t type)
{
    const uint32_t place = lowering->library.places[type];
    return place && op_at(place) == SpvOpTypeFloat && text[place + 2] == 32;
}

// The function that stands in for an operation which this target may get wrong; NULL: none does.
static const char *substitute(const struct spv_lowering *lowering, uint32_t at)
{
    const SpvOp op = op_at(at);
    enum spv_float_op kind;
    const char *name;
    switch (op) {
    case SpvOpFAdd: kind = SPV_FLOAT_ADD, name = "f32_add"; break;
    case SpvOpFSub: kind = SPV_FLOAT_ADD, name = "f32_sub"; break;
    case SpvOpFMul: kind = SPV_FLOAT_MUL, name = "f32_mul"; break;
    case SpvOpFDiv: kind = SPV_FLOAT_DIV, name = "f32_div"; break;
    case SpvOpExtInst:
        if (text[at + 4] != GLSLstd450Sqrt)
            return NULL;
        kind = SPV_FLOAT_SQRT, name = "f32_sqrt";
        break;
    default: return NULL;
    }
    bool native = !is_float32(lowering, text[at + 1]) || spv_float_is_native(lowering, kind);
    return native ? NULL : name;
}

static uint32_t emit_function_op(struct spv_lowering *lowering, SpvOp op, uint32_t type, uint32_t a)
{
    uint32_t id = spv_writer_id(&lowering->writer);
    SPV_EMIT(&lowering->writer, SPV_FUNCTIONS, op, type, id, a);
    return id;
}

// result = float(name(bits of each operand))
static void emit_substitute(struct spv_lowering *lowering, uint32_t at, const char *name)
{
    const uint32_t first = op_at(at) == SpvOpExtInst ? 5 : 3;
    const uint32_t result = map(lowering, text[at + 2]);
    const uint32_t function = spv_library_function(lowering, name);
    uint32_t operands[5] = { lowering->type_u32 };
    uint32_t count = 3;
    for (uint32_t i = first; i < count_at(at) && count < 5; i++) {
        uint32_t operand = map(lowering, text[at + i]);
        operands[count++] = emit_function_op(lowering, SpvOpBitcast, lowering->type_u32, operand);
    }
    operands[1] = spv_writer_id(&lowering->writer);
    operands[2] = function;
    spv_emit(&lowering->writer, SPV_FUNCTIONS, SpvOpFunctionCall, operands, count);
    SPV_EMIT(&lowering->writer, SPV_FUNCTIONS, SpvOpBitcast, map(lowering, text[at + 1]), result,
             operands[1]);
}

// ---- Functions ----------------------------------------------------------------------------------

static void copy_instruction(struct spv_lowering *lowering, uint32_t at)
{
    enum { MOST_OPERANDS = 32 };
    uint32_t operands[MOST_OPERANDS];
    const SpvOp op = op_at(at);
    uint32_t count = count_at(at) - 1;
    if (count > MOST_OPERANDS)
        count = MOST_OPERANDS; // the validator of the tests would tell
    for (uint32_t i = 0; i < count; i++)
        operands[i] = is_id(op, i + 1) ? map(lowering, text[at + 1 + i]) : text[at + 1 + i];
    spv_emit(&lowering->writer, SPV_FUNCTIONS, op, operands, count);
    if (op == SpvOpFAdd || op == SpvOpFSub || op == SpvOpFMul || op == SpvOpFDiv)
        spv_no_contraction(lowering, operands[1]);
}

static void copy_function(struct spv_lowering *lowering, uint32_t function)
{
    for (uint32_t at = lowering->library.places[function];; at += count_at(at)) {
        const char *name = substitute(lowering, at);
        if (name)
            emit_substitute(lowering, at, name);
        else
            copy_instruction(lowering, at);
        if (op_at(at) == SpvOpFunctionEnd)
            return;
    }
}

void spv_library_finish(struct spv_lowering *lowering)
{
    struct spv_library *library = &lowering->library;
    // Copying a function may want others.
    for (size_t i = 0; i < library->wanted.count && !lowering->writer.status; i++)
        copy_function(lowering, library->wanted.items[i]);
}

void spv_library_fini(struct spv_library *library)
{
    memory_free(library->places);
    memory_free(library->ids);
    array_fini(&library->wanted);
    *library = (struct spv_library){ 0 };
}
