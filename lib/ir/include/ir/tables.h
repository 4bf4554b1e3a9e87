// SPDX-License-Identifier: MIT
// What the .def tables say, as data: wire tags, names, spellings and shapes of every operator,
// statement, expression and type. Nothing else spells these facts out again.
//
// Thread-safety: Safe, all of it is constant. Lifetime: static.
#ifndef IR_TABLES_H
#define IR_TABLES_H

#include "ir/model.h"

struct ir_type_info {
    uint8_t tag;
    const char *spelling; // of the kind alone: "vec" for every vec
    uint8_t stride, size;
    uint8_t bits;
    bool is_float;
};

struct ir_expr_info {
    uint8_t tag;
    const char *name; // "BufLen"
    int8_t kid_count; // -1: varies
    uint8_t lanes;    // enum ir_lanes
};

struct ir_node_info {
    uint8_t tag;
    const char *record_op; // "vyre.node.let"; "" for OPAQUE, whose kind stands there
    const char *name;
};

struct ir_binop_info {
    uint8_t tag;
    const char *name;
    const char *spelling;
    uint8_t precedence; // 0: spelled as a call; else higher binds stronger
    bool commutative;
    bool needs_subgroup; // and has no meaning here
};

struct ir_unop_info {
    uint8_t tag;
    const char *name;
    const char *spelling; // "-", "~" and "!" are prefixes, the others calls
};

struct ir_atomic_info {
    uint8_t tag;
    const char *name;
    const char *spelling;
};

struct ir_ext_info {
    const char *kind; // NULL for IR_EXT_NONE
    const char *spelling;
    bool is_node; // else an expression
    uint8_t kid_count;
    bool has_buffer;
    bool has_ordering;
    bool has_immediate;
};

extern const struct ir_type_info ir_type_infos[IR_TYPE_COUNT];
extern const struct ir_expr_info ir_expr_infos[IR_EXPR_COUNT];
extern const struct ir_node_info ir_node_infos[IR_NODE_COUNT];
extern const struct ir_binop_info ir_binop_infos[IR_BINOP_COUNT];
extern const struct ir_unop_info ir_unop_infos[IR_UNOP_COUNT];
extern const struct ir_atomic_info ir_atomic_infos[IR_ATOMIC_COUNT];
extern const struct ir_ext_info ir_ext_infos[IR_EXT_COUNT];

// `kind` and `op` must be valid enumerators.
static inline const struct ir_type_info *ir_type_info(enum ir_type_kind kind)
{
    return &ir_type_infos[kind];
}

static inline const struct ir_expr_info *ir_expr_info(enum ir_expr_kind kind)
{
    return &ir_expr_infos[kind];
}

static inline const struct ir_node_info *ir_node_info(enum ir_node_kind kind)
{
    return &ir_node_infos[kind];
}

static inline const struct ir_binop_info *ir_binop_info(enum ir_binop op)
{
    return &ir_binop_infos[op];
}

static inline const struct ir_unop_info *ir_unop_info(enum ir_unop op)
{
    return &ir_unop_infos[op];
}

static inline const struct ir_atomic_info *ir_atomic_info(enum ir_atomic_op op)
{
    return &ir_atomic_infos[op];
}

static inline const struct ir_ext_info *ir_ext_info(enum ir_ext ext)
{
    return &ir_ext_infos[ext];
}

// Whether types of this kind differ in more than their kind, so that ir_type_scalar gives none.
bool ir_type_has_parameters(enum ir_type_kind kind);

// By wire tag: 0 is unassigned, else the enumerator plus one.
extern const uint8_t ir_type_by_tag[256];
extern const uint8_t ir_expr_by_tag[256];
extern const uint8_t ir_node_by_tag[256];
extern const uint8_t ir_binop_by_tag[256];
extern const uint8_t ir_unop_by_tag[256];
extern const uint8_t ir_atomic_by_tag[256];

// From a wire tag; false when no such tag is assigned, and then *out is left alone.
static inline bool ir_type_from_tag(uint8_t tag, enum ir_type_kind *out)
{
    const uint8_t found = ir_type_by_tag[tag];
    if (found)
        *out = (enum ir_type_kind)(found - 1);
    return found != 0;
}

static inline bool ir_expr_from_tag(uint8_t tag, enum ir_expr_kind *out)
{
    const uint8_t found = ir_expr_by_tag[tag];
    if (found)
        *out = (enum ir_expr_kind)(found - 1);
    return found != 0;
}

static inline bool ir_node_from_tag(uint8_t tag, enum ir_node_kind *out)
{
    const uint8_t found = ir_node_by_tag[tag];
    if (found)
        *out = (enum ir_node_kind)(found - 1);
    return found != 0;
}

static inline bool ir_binop_from_tag(uint8_t tag, enum ir_binop *out)
{
    const uint8_t found = ir_binop_by_tag[tag];
    if (found)
        *out = (enum ir_binop)(found - 1);
    return found != 0;
}

static inline bool ir_unop_from_tag(uint8_t tag, enum ir_unop *out)
{
    const uint8_t found = ir_unop_by_tag[tag];
    if (found)
        *out = (enum ir_unop)(found - 1);
    return found != 0;
}

static inline bool ir_atomic_from_tag(uint8_t tag, enum ir_atomic_op *out)
{
    const uint8_t found = ir_atomic_by_tag[tag];
    if (found)
        *out = (enum ir_atomic_op)(found - 1);
    return found != 0;
}

// The extension with this kind string, or IR_EXT_NONE.
enum ir_ext ir_ext_from_kind(const char *kind, size_t size);

// Spellings of the small enumerations, whose values are wire tags; NULL for unassigned values.
const char *ir_ordering_spelling(unsigned tag);
const char *ir_collective_spelling(unsigned tag);
const char *ir_memory_kind_spelling(unsigned tag);
const char *ir_locality_spelling(unsigned tag);
const char *ir_linear_spelling(unsigned tag);
const char *ir_quant_scale_spelling(unsigned tag);
const char *ir_quant_zero_spelling(unsigned tag);
const char *ir_access_spelling(unsigned tag); // enum vyre_access

#endif // IR_TABLES_H
