// SPDX-License-Identifier: MIT
#include "library.h"

#include "base/memory.h"
#include "numbers.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t values[] = {
#include "values.spv.inc"
};
struct value_name {
    const char *name;
    uint32_t function;
};
#include "values.index.inc"

enum {
    HEADER_WORDS = 5,
    BOUND_AT = 3, // of the header
};

static SpvOp op_at(const uint32_t *text, uint32_t place)
{
    return (SpvOp)(text[place] & SpvOpCodeMask);
}

static uint32_t count_at(const uint32_t *text, uint32_t place)
{
    return text[place] >> SpvWordCountShift;
}

// ---- Finding ------------------------------------------------------------------------------------

// Notes where functions, types and constants are. Labels and results inside functions have no
// place. (shaders/index_values.py does the same for the library of the project.)
static void find_places(const struct spv_library *library, uint32_t *places)
{
    const uint32_t *text = library->text;
    for (uint32_t at = HEADER_WORDS; at < library->size; at += count_at(text, at)) {
        switch (op_at(text, at)) {
        case SpvOpConstant:
        case SpvOpConstantTrue:
        case SpvOpConstantFalse:
        case SpvOpConstantComposite:
        case SpvOpFunction: places[text[at + 2]] = at; break;
        case SpvOpExtInstImport:
        case SpvOpTypeVoid:
        case SpvOpTypeBool:
        case SpvOpTypeInt:
        case SpvOpTypeFloat:
        case SpvOpTypeVector:
        case SpvOpTypeArray:
        case SpvOpTypeStruct:
        case SpvOpTypePointer:
        case SpvOpTypeFunction: places[text[at + 1]] = at; break;
        default: break;
        }
    }
}

static bool open_library(struct spv_lowering *lowering)
{
    struct spv_library *library = &lowering->library;
    if (library->places)
        return true;
    if (!library->text) {
        library->text = values;
        library->size = sizeof values / sizeof *values;
        library->places = value_places;
    } else {
        library->own_places = memory_calloc(library->text[BOUND_AT], sizeof *library->own_places);
        library->places = library->own_places;
        if (library->places)
            find_places(library, library->own_places);
    }
    library->ids = memory_calloc(library->text[BOUND_AT], sizeof *library->ids);
    if (library->places && library->ids)
        return true;
    spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
    return false;
}

// glslc names a function with its parameters: "f32_add(u1;u1;".
static bool has_name(const uint32_t *text, uint32_t place, const char *name, size_t size)
{
    char found[64];
    const uint32_t words = count_at(text, place) - 2;
    if (op_at(text, place) != SpvOpName || size >= 4 * (size_t)words || size >= sizeof found)
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
            spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
    }
    return library->ids[function];
}

static int compare_name(const void *name, const void *entry)
{
    return strcmp(name, ((const struct value_name *)entry)->name);
}

uint32_t spv_library_function(struct spv_lowering *lowering, const char *name)
{
    struct spv_library *library = &lowering->library;
    if (!open_library(lowering))
        return 1;
    const uint32_t *text = library->text;
    const size_t size = strlen(name);
    if (!library->own_places) {
        const struct value_name *found =
            bsearch(name, value_names, sizeof value_names / sizeof *value_names,
                    sizeof *value_names, compare_name);
        return found ? want(lowering, found->function) : 1;
    }
    for (uint32_t at = HEADER_WORDS; at < library->size && op_at(text, at) != SpvOpFunction;
         at += count_at(text, at)) {
        if (has_name(text, at, name, size))
            return want(lowering, text[at + 1]);
    }
    return 1; // a test calls every function by its name
}

// ---- Copying ------------------------------------------------------------------------------------

// Which words of an instruction are ids, as bits. Bits 30 and 31 stand for all even and odd words
// from there on.
static uint32_t ids_of(SpvOp op)
{
    enum { WORD_1 = 2, WORD_2 = 4, WORD_3 = 8, WORD_4 = 16 };
    switch (op) {
    case SpvOpTypeInt:
    case SpvOpTypeFloat:
    case SpvOpSelectionMerge: return WORD_1;
    case SpvOpTypePointer: return ~(uint32_t)WORD_2;
    case SpvOpTypeVector:
    case SpvOpConstant:
    case SpvOpStore:
    case SpvOpLoopMerge: return WORD_1 | WORD_2;
    case SpvOpFunction:
    case SpvOpVariable: return ~(uint32_t)WORD_3;
    case SpvOpExtInst: return ~(uint32_t)WORD_4;
    case SpvOpLoad:
    case SpvOpCompositeExtract:
    case SpvOpBranchConditional: return WORD_1 | WORD_2 | WORD_3;
    case SpvOpVectorShuffle:
    case SpvOpCompositeInsert: return WORD_1 | WORD_2 | WORD_3 | WORD_4;
    case SpvOpSwitch: return 0x55555556; // of a selector of one word: 1, 2 and even words
    default: return UINT32_MAX;
    }
}

static bool is_id(uint32_t ids, uint32_t at)
{
    if (at < 32)
        return ids >> at & 1;
    return ids >> (30 + at % 2) & 1;
}

// A test compares it with what SPIRV-Tools says of every instruction of the library.
bool spv_library_is_id(SpvOp op, uint32_t at)
{
    return is_id(ids_of(op), at);
}

static uint32_t map_anew(struct spv_lowering *lowering, uint32_t id);

// The module's id for one of the library's.
static inline uint32_t map(struct spv_lowering *lowering, uint32_t id)
{
    const uint32_t known = lowering->library.ids[id];
    return known ? known : map_anew(lowering, id);
}

// The operands of a type or constant as the module has them, without its own id at word `skip`, on
// a stack. Returns where they begin: operands on their way are below them.
static size_t push_operands(struct spv_lowering *lowering, uint32_t place, uint32_t skip)
{
    struct spv_library *library = &lowering->library;
    const uint32_t ids = ids_of(op_at(library->text, place));
    const size_t first = library->operands.count;
    for (uint32_t i = 1; i < count_at(library->text, place); i++) {
        if (i == skip)
            continue;
        uint32_t word = library->text[place + i];
        word = is_id(ids, i) ? map(lowering, word) : word;
        if (!array_push(&library->operands, word))
            spv_writer_fail(&lowering->writer, VYRE_ERR_NO_MEMORY);
    }
    return first;
}

// A type or a constant, which the module may have already.
static uint32_t copy_global(struct spv_lowering *lowering, uint32_t place)
{
    const uint32_t *text = lowering->library.text;
    const SpvOp op = op_at(text, place);
    bool constant = op == SpvOpConstant || op == SpvOpConstantTrue || op == SpvOpConstantFalse ||
                    op == SpvOpConstantComposite;
    if (op == SpvOpExtInstImport)
        return spv_glsl(lowering);
    if (op == SpvOpTypeFloat && text[place + 2] == 64)
        spv_need_float64(lowering);
    if (op == SpvOpTypeFloat && text[place + 2] == 32)
        return spv_float_type(lowering);
    struct spv_words *stack = &lowering->library.operands;
    const size_t first = push_operands(lowering, place, constant ? 2 : 1);
    uint32_t id = 1;
    if (!lowering->writer.status)
        id = (constant ? spv_intern_constant : spv_intern_type)(
            &lowering->writer, op, stack->items + first, stack->count - first);
    stack->count = first;
    return id;
}

// Of one that has none yet. Globals are built from globals before them, and functions are copied
// one after the other, so this does not go deep.
static uint32_t map_anew(struct spv_lowering *lowering, uint32_t id)
{
    struct spv_library *library = &lowering->library;
    const uint32_t place = library->places[id];
    if (place && op_at(library->text, place) == SpvOpFunction)
        return want(lowering, id);
    const uint32_t made = place ? copy_global(lowering, place) : spv_writer_id(&lowering->writer);
    library->ids[id] = made;
    return made;
}

// ---- Float arithmetic ---------------------------------------------------------------------------

static bool is_float32(const struct spv_lowering *lowering, uint32_t type)
{
    const uint32_t *text = lowering->library.text;
    const uint32_t place = lowering->library.places[type];
    return place && op_at(text, place) == SpvOpTypeFloat && text[place + 2] == 32;
}

// What an operation on 32-bit floats is that a target may get wrong; 0: nothing of the kind. `name`
// is the function that stands in for it.
static enum spv_float_op float_op(const struct spv_lowering *lowering, uint32_t at,
                                  const char **name)
{
    const uint32_t *text = lowering->library.text;
    enum spv_float_op kind;
    switch (op_at(text, at)) {
    case SpvOpFAdd: kind = SPV_FLOAT_ADD, *name = "f32_add"; break;
    case SpvOpFSub: kind = SPV_FLOAT_ADD, *name = "f32_sub"; break;
    case SpvOpFMul: kind = SPV_FLOAT_MUL, *name = "f32_mul"; break;
    case SpvOpFDiv: kind = SPV_FLOAT_DIV, *name = "f32_div"; break;
    case SpvOpExtInst:
        if (text[at + 4] != GLSLstd450Sqrt)
            return (enum spv_float_op)0;
        kind = SPV_FLOAT_SQRT, *name = "f32_sqrt";
        break;
    default: return (enum spv_float_op)0;
    }
    return is_float32(lowering, text[at + 1]) ? kind : (enum spv_float_op)0;
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
    const uint32_t *text = lowering->library.text;
    const uint32_t first = op_at(text, at) == SpvOpExtInst ? 5 : 3;
    const uint32_t result = map(lowering, text[at + 2]);
    const uint32_t function = spv_library_function(lowering, name);
    uint32_t operands[5] = { lowering->type_u32 };
    uint32_t count = 3;
    for (uint32_t i = first; i < count_at(text, at) && count < 5; i++) {
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
    const uint32_t *from = lowering->library.text + at;
    const SpvOp op = (SpvOp)(from[0] & SpvOpCodeMask);
    const uint32_t count = from[0] >> SpvWordCountShift;
    uint32_t *words = spv_open_instruction(&lowering->writer, SPV_FUNCTIONS, op, count);
    const uint32_t ids = ids_of(op);
    if (!words)
        return;
    for (uint32_t i = 1; i < count; i++)
        words[i] = is_id(ids, i) ? map(lowering, from[i]) : from[i];
    if (op == SpvOpFAdd || op == SpvOpFSub || op == SpvOpFMul || op == SpvOpFDiv)
        spv_no_contraction(lowering, words[2]);
}

// glslang's names end with the kinds of the parameters: "f32_add(u1;u1;".
static void name_function(struct spv_lowering *lowering, uint32_t function)
{
    enum { LONGEST = 64 };
    char name[LONGEST];
    size_t size = 0;
    const uint32_t *text = lowering->library.text;
    uint32_t at = HEADER_WORDS;
    while (op_at(text, at) != SpvOpFunction &&
           (op_at(text, at) != SpvOpName || text[at + 1] != function))
        at += count_at(text, at);
    if (op_at(text, at) != SpvOpName)
        return;
    for (; size < LONGEST && size / 4 + 2 < count_at(text, at); size++) {
        name[size] = (char)(text[at + 2 + size / 4] >> (8 * (size % 4)));
        if (!name[size] || name[size] == '(')
            break;
    }
    spv_name_text(lowering, lowering->library.ids[function], name, size);
}

// result = op(operands with their bits hidden)
static void emit_hidden(struct spv_lowering *lowering, uint32_t at)
{
    struct spv_writer *writer = &lowering->writer;
    const uint32_t *text = lowering->library.text;
    const uint32_t type = map(lowering, text[at + 1]);
    uint32_t operands[4] = { type, map(lowering, text[at + 2]) };
    uint32_t variable = spv_hidden_variable(lowering);
    uint32_t zero = emit_function_op(lowering, SpvOpLoad, lowering->type_u32, variable);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t operand = map(lowering, text[at + 3 + i]);
        uint32_t bits = emit_function_op(lowering, SpvOpBitcast, lowering->type_u32, operand);
        uint32_t hidden = spv_writer_id(writer);
        SPV_EMIT(writer, SPV_FUNCTIONS, SpvOpIAdd, lowering->type_u32, hidden, bits, zero);
        operands[2 + i] = emit_function_op(lowering, SpvOpBitcast, type, hidden);
    }
    spv_emit(writer, SPV_FUNCTIONS, op_at(text, at), operands, 4);
    spv_no_contraction(lowering, operands[1]);
}

static void copy_function(struct spv_lowering *lowering, uint32_t function)
{
    const uint32_t *text = lowering->library.text;
    if (lowering->debug_info)
        name_function(lowering, function);
    for (uint32_t at = lowering->library.places[function]; !lowering->writer.status;
         at += count_at(text, at)) {
        const char *name = NULL;
        const enum spv_float_op op = float_op(lowering, at, &name);
        if (op && !spv_float_is_native(lowering, op))
            emit_substitute(lowering, at, name);
        else if (op && spv_float_hides(lowering, op))
            emit_hidden(lowering, at);
        else
            copy_instruction(lowering, at);
        if (op_at(text, at) == SpvOpFunctionEnd)
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
    memory_free(library->own_places);
    memory_free(library->ids);
    array_fini(&library->wanted);
    array_fini(&library->operands);
    *library = (struct spv_library){ 0 };
}
