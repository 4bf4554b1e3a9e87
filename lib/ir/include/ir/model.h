// SPDX-License-Identifier: MIT
// The data model of a program (spec: ir.md, section 1). Plain data in one arena; everything is
// immutable once the program is finished, so any number of threads may read it.
#ifndef IR_MODEL_H
#define IR_MODEL_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include <vyre/program.h>

// ---- Enumerations, all from the .def tables ---------------------------------------------------

enum ir_type_kind {
#define TYPE(id, ...) IR_TYPE_##id,
#include "ir/type.def"
#undef TYPE
    IR_TYPE_COUNT
};

enum ir_expr_kind {
#define EXPR(id, ...) IR_EXPR_##id,
#include "ir/expr.def"
#undef EXPR
    IR_EXPR_COUNT
};

// What an expression has to do with subgroups.
enum ir_lanes { IR_LANES_NONE, IR_LANES_KNOWS, IR_LANES_COMBINES };

enum ir_node_kind {
#define NODE(id, ...) IR_NODE_##id,
#include "ir/node.def"
#undef NODE
    IR_NODE_COUNT
};

enum ir_binop {
#define BINOP(id, ...) IR_BIN_##id,
#include "ir/binop.def"
#undef BINOP
    IR_BINOP_COUNT
};

enum ir_unop {
#define UNOP(id, ...) IR_UN_##id,
#include "ir/unop.def"
#undef UNOP
    IR_UNOP_COUNT
};

enum ir_atomic_op {
#define ATOMIC(id, ...) IR_ATOMIC_##id,
#include "ir/atomic.def"
#undef ATOMIC
    IR_ATOMIC_COUNT
};

// Small enumerations whose values are the wire tags.
#define ENUM(id, tag, spelling) id = tag,
enum ir_ordering {
#include "ir/ordering.def"
};
enum ir_collective {
#include "ir/collective.def"
};
enum ir_memory_kind {
#include "ir/memory_kind.def"
};
enum ir_locality {
#include "ir/locality.def"
};
enum ir_linear {
#include "ir/linear.def"
};
enum ir_quant_scale {
#include "ir/quant_scale.def"
};
enum ir_quant_zero {
#include "ir/quant_zero.def"
};
#undef ENUM

// Extensions of our own: opaque nodes and expressions whose kind starts with "vyre.ext." and whose
// operands are real children here (ext.def says what each means and how it travels on the wire).
enum ir_ext {
    IR_EXT_NONE,
#define EXT(id, ...) IR_EXT_##id,
#include "ir/ext.def"
#undef EXT
    IR_EXT_COUNT
};

// ---- Names ------------------------------------------------------------------------------------

// An interned string of one program; equal names have equal numbers. 0 is the empty string.
typedef uint32_t ir_name;

struct ir_text {
    const char *text; // NUL-terminated, but may contain NUL bytes
    uint32_t size;
};

// A source position: line and column, 1-based, of a program that came from text; 0 when not.
struct ir_pos {
    uint32_t line;
    uint32_t column;
};

// ---- Types ------------------------------------------------------------------------------------

// Scalars are static singletons (ir_type_scalar); composed types live in the program's arena.
// Compare with ir_type_equal.
struct ir_type {
    uint8_t kind;       // enum ir_type_kind
    uint8_t lanes;      // VEC
    uint8_t scale_tag;  // QUANTIZED: enum ir_quant_scale
    uint8_t zero_tag;   // QUANTIZED: enum ir_quant_zero
    uint32_t id;        // HANDLE: type id; OPAQUE: extension id; SPARSE_BSR: rows; QUANTIZED: scale
    uint32_t id2;       // SPARSE_BSR: columns; QUANTIZED: zero point parameter
    uint32_t dim_count; // TENSOR_SHAPED, DEVICE_MESH
    uint64_t size;      // ARRAY: bytes of one element
    const struct ir_type *element; // VEC, TENSOR_SHAPED, SPARSE_*, QUANTIZED (storage)
    const uint32_t *dims;          // TENSOR_SHAPED, DEVICE_MESH
};

// ---- Expressions ------------------------------------------------------------------------------

// Children are in evaluation order of the wire: LOAD index; BINOP left, right; SELECT cond, true,
// false; ATOMIC index, value, or index, expected, value when `has_expected`; FMA a, b, c;
// SUBGROUP_SHUFFLE value, lane; CALL its arguments; an extension its operands.
//
// Programs are mostly expressions, so their size is what a program takes: fields that never meet
// share their place.
struct ir_expr {
    uint8_t kind;     // enum ir_expr_kind
    uint8_t op;       // enum ir_binop, ir_unop, ir_atomic_op; axis of the id expressions
    uint8_t ordering; // ATOMIC and extensions: enum ir_ordering
    uint8_t ext;      // OPAQUE: enum ir_ext, or IR_EXT_NONE
    uint32_t kid_count : 31;
    uint32_t has_expected : 1; // ATOMIC
    union {
        uint32_t bits; // LIT_U32, LIT_I32, LIT_BOOL (0 or 1), LIT_F32; extension id of an opaque
                       // operator; immediate operand of an extension
        uint32_t payload_size; // OPAQUE without `ext`
    };
    ir_name name; // VAR; buffer of LOAD, BUF_LEN, ATOMIC, extensions; op id of CALL; OPAQUE: kind
                  // when `ext` is IR_EXT_NONE
    struct ir_pos pos;
    union {
        const struct ir_type *type; // CAST: target; NULL for all that has neither
        const uint8_t *payload;     // OPAQUE without `ext`: wire payload
    };
    struct ir_expr *kids[];
};

enum { IR_MOST_KIDS = INT32_MAX };

// An opaque expression that this library knows nothing of but its bytes.
static inline bool ir_expr_is_foreign(const struct ir_expr *expr)
{
    return expr->kind == IR_EXPR_OPAQUE && expr->ext == IR_EXT_NONE;
}

// Whether an expression combines values of several lanes.
static inline bool ir_expr_is_subgroup(const struct ir_expr *expr)
{
    static const uint32_t combining = 0
#define EXPR(id, tag, name, operands, lanes)                                                       \
    | (uint32_t)(IR_LANES_##lanes == IR_LANES_COMBINES) << IR_EXPR_##id
#include "ir/expr.def"
#undef EXPR
        ;
    return combining >> expr->kind & 1;
}

// ---- Nodes ------------------------------------------------------------------------------------

struct ir_node;

struct ir_body {
    struct ir_node **nodes;
    uint32_t count;
};

// Which fields a node uses is in node.def.
struct ir_node {
    uint8_t kind;     // enum ir_node_kind
    uint8_t ordering; // BARRIER: enum ir_ordering
    uint8_t op;       // ALL_REDUCE, REDUCE_SCATTER: enum ir_collective
    uint8_t ext;      // OPAQUE: enum ir_ext, or IR_EXT_NONE
    bool has_source;  // REGION: name2 is its source region
    ir_name name;     // LET, ASSIGN, LOOP variable; STORE, ALL_REDUCE, BROADCAST, INDIRECT_DISPATCH
                      // buffer; REGION generator; ASYNC_*, ALL_GATHER, REDUCE_SCATTER source; TRAP,
                      // RESUME, ASYNC_WAIT tag; OPAQUE kind when `ext` is IR_EXT_NONE
    ir_name name2;    // ASYNC_*, ALL_GATHER, REDUCE_SCATTER destination; REGION source
    ir_name tag;      // ASYNC_LOAD, ASYNC_STORE
    uint32_t group;   // collectives
    uint32_t root;    // BROADCAST
    uint64_t offset;  // INDIRECT_DISPATCH, bytes
    struct ir_expr *a;   // LET, ASSIGN value; STORE index; IF condition; LOOP from; ASYNC_* offset;
                         // TRAP address; extension operand
    struct ir_expr *b;   // STORE value; LOOP to; ASYNC_* size; extension operand
    struct ir_body body; // IF then; LOOP, BLOCK, REGION body
    struct ir_body otherwise; // IF else
    const uint8_t *payload;   // OPAQUE without `ext`
    uint32_t payload_size;
    struct ir_pos pos;
};

// ---- Buffers ----------------------------------------------------------------------------------

struct ir_shape_predicate;

struct ir_buffer {
    ir_name name;
    uint32_t binding;
    uint8_t access; // enum vyre_access
    uint8_t kind;   // enum ir_memory_kind
    uint8_t linear; // enum ir_linear; not on the wire
    bool is_output;
    bool live_out;
    bool has_range;        // range_start, range_end
    bool bytes_extraction; // not on the wire
    bool has_axis;         // hints
    uint8_t axis;
    uint8_t locality; // enum ir_locality
    uint32_t alignment;
    uint32_t count; // elements; 0: sized at run time
    uint64_t range_start;
    uint64_t range_end;
    const struct ir_type *element;
    const char *element_spelling; // of `element`, NUL-terminated; filled in by ir_draft_finish
    const struct ir_shape_predicate *shape; // NULL: none; not on the wire
    struct ir_pos pos;
};

enum ir_shape_kind {
    IR_SHAPE_AT_LEAST,   // a
    IR_SHAPE_AT_MOST,    // a
    IR_SHAPE_EXACTLY,    // a
    IR_SHAPE_MULTIPLE,   // a
    IR_SHAPE_MOD_EQUALS, // a modulus, b remainder
    IR_SHAPE_AFFINE,     // a scale, b offset, c min, d max
    IR_SHAPE_AND,
    IR_SHAPE_OR,
    IR_SHAPE_NOT, // left
};

struct ir_shape_predicate {
    enum ir_shape_kind kind;
    int64_t a, b, c, d;
    const struct ir_shape_predicate *left;
    const struct ir_shape_predicate *right;
};

// ---- Program ----------------------------------------------------------------------------------

// Generator of the region that the root-wrap rule adds (spec: ir.md, 1.1).
#define IR_ROOT_GENERATOR "vyre.program.root"

struct vyre_program {
    _Atomic uint32_t references;
    struct arena arena; // owns what is below, but for what is shared with `source`
    // The program that this one was made from by an edit (ir/edit.h) and shares parts with;
    // referenced, NULL for programs that stand alone.
    struct vyre_program *source;
    struct ir_text *names;
    uint32_t name_count;
    struct ir_buffer *buffers;
    uint32_t buffer_count;
    uint32_t workgroup[3];
    struct ir_pos workgroup_pos;
    bool non_composable;
    bool has_entry_op;
    ir_name entry_op;
    struct ir_body entry;
    // Bits by enum ir_node_kind and ir_expr_kind: the kinds of which the program has some, or had
    // some before it was edited. Who looks for other kinds need not look at all.
    uint32_t node_kinds;
    uint32_t expr_kinds;
    uint64_t parts; // nodes, expressions and composed types that were made for it, or a bit more
    // Loops and traps have numbers, by which faults name them: their order in the program. A pass
    // that drops some keeps the numbers of the others here, in order; NULL: nothing was dropped.
    const uint32_t *loop_numbers;
    const uint32_t *trap_numbers;
    // Text that positions refer to; NULL for programs that did not come from text.
    const char *source_name;
    const char *source_text;
    size_t source_size;
};

static_assert(IR_NODE_COUNT <= 32 && IR_EXPR_COUNT <= 32, "kinds are bits of a word");

// Whether a program may have nodes or expressions of a kind.
static inline bool ir_may_have_node(const struct vyre_program *program, enum ir_node_kind kind)
{
    return program->node_kinds >> kind & 1;
}

static inline bool ir_may_have_expr(const struct vyre_program *program, enum ir_expr_kind kind)
{
    return program->expr_kinds >> kind & 1;
}

// The text of a name.
static inline struct ir_text ir_name_text(const struct vyre_program *program, ir_name name)
{
    return program->names[name];
}

static inline bool ir_is_literal(const struct ir_expr *expr)
{
    return expr->kind == IR_EXPR_LIT_U32 || expr->kind == IR_EXPR_LIT_I32 ||
           expr->kind == IR_EXPR_LIT_F32 || expr->kind == IR_EXPR_LIT_BOOL;
}

// The first declaration of a name, or NULL. Linear: passes that look up often make a table with one
// entry per name first (names are dense).
const struct ir_buffer *ir_find_buffer(const struct vyre_program *program, ir_name name);

// ---- Facts about types (spec: ir.md, 1.4; semantics.md, 1.4) ------------------------------------

extern const struct ir_type ir_scalar_types[IR_TYPE_COUNT];

// The type of a kind without parameters.
static inline const struct ir_type *ir_type_scalar(enum ir_type_kind kind)
{
    return &ir_scalar_types[kind];
}

bool ir_type_equal(const struct ir_type *a, const struct ir_type *b);

// Each returns false when the type has no such fact. `ir_type_stride` is the load and store stride,
// the table's "min"; 0 for types without one.
uint64_t ir_type_stride(const struct ir_type *type);
bool ir_type_size(const struct ir_type *type, uint64_t *out);
bool ir_type_bits(const struct ir_type *type, uint64_t *out);
bool ir_type_packed_size(const struct ir_type *type, uint64_t count, uint64_t *out);

// Elements in `bytes` bytes (spec: semantics.md, 6.1). False for types without a size.
bool ir_type_element_count(const struct ir_type *type, uint64_t bytes, uint64_t *out);

struct str;
void ir_type_spell(const struct ir_type *type, struct str *out); // display spelling

// As much of the spelling as shows whether it is longer than `most` bytes, the first of which are
// right: types may nest thousands of levels.
void ir_type_spell_start(const struct ir_type *type, size_t most, struct str *out);

#endif // IR_MODEL_H
