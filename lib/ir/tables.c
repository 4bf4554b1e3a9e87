// SPDX-License-Identifier: MIT
#include "ir/tables.h"

#include <string.h>

const struct ir_type_info ir_type_infos[IR_TYPE_COUNT] = {
#define TYPE(id, tag, spelling, stride, size, bits, is_float)                                      \
    { tag, spelling, stride, size, bits, is_float },
#include "ir/type.def"
#undef TYPE
};

const struct ir_expr_info ir_expr_infos[IR_EXPR_COUNT] = {
#define EXPR(id, tag, name, operands, lanes) { tag, name, operands, IR_LANES_##lanes },
#include "ir/expr.def"
#undef EXPR
};

const struct ir_node_info ir_node_infos[IR_NODE_COUNT] = {
#define NODE(id, tag, record_op, name) { tag, record_op, name },
#include "ir/node.def"
#undef NODE
};

const struct ir_binop_info ir_binop_infos[IR_BINOP_COUNT] = {
#define BINOP(id, tag, name, spelling, precedence, commutative, needs_subgroup)                    \
    { tag, name, spelling, precedence, commutative, needs_subgroup },
#include "ir/binop.def"
#undef BINOP
};

const struct ir_unop_info ir_unop_infos[IR_UNOP_COUNT] = {
#define UNOP(id, tag, name, spelling) { tag, name, spelling },
#include "ir/unop.def"
#undef UNOP
};

const struct ir_atomic_info ir_atomic_infos[IR_ATOMIC_COUNT] = {
#define ATOMIC(id, tag, name, spelling) { tag, name, spelling },
#include "ir/atomic.def"
#undef ATOMIC
};

enum { FORM_EXPR = false, FORM_NODE = true };

const struct ir_ext_info ir_ext_infos[IR_EXT_COUNT] = {
    [IR_EXT_NONE] = { NULL, "", false, 0, false, false, false },
#define EXT(id, kind, form, operands, buffer, ordering, immediate, spelling)                       \
    [IR_EXT_##id] = { kind, spelling, FORM_##form, operands, buffer, ordering, immediate },
#include "ir/ext.def"
#undef EXT
};

bool ir_type_has_parameters(enum ir_type_kind kind)
{
    switch (kind) {
    case IR_TYPE_ARRAY:
    case IR_TYPE_HANDLE:
    case IR_TYPE_OPAQUE:
    case IR_TYPE_DEVICE_MESH:
    case IR_TYPE_VEC:
    case IR_TYPE_TENSOR_SHAPED:
    case IR_TYPE_SPARSE_CSR:
    case IR_TYPE_SPARSE_COO:
    case IR_TYPE_SPARSE_BSR:
    case IR_TYPE_QUANTIZED: return true;
    default: return false;
    }
}

// ---- From wire tags -----------------------------------------------------------------------------

const uint8_t ir_type_by_tag[256] = {
#define TYPE(id, tag, ...) [tag] = IR_TYPE_##id + 1,
#include "ir/type.def"
#undef TYPE
};

const uint8_t ir_expr_by_tag[256] = {
#define EXPR(id, tag, ...) [tag] = IR_EXPR_##id + 1,
#include "ir/expr.def"
#undef EXPR
};

const uint8_t ir_node_by_tag[256] = {
#define NODE(id, tag, ...) [tag] = IR_NODE_##id + 1,
#include "ir/node.def"
#undef NODE
};

const uint8_t ir_binop_by_tag[256] = {
#define BINOP(id, tag, ...) [tag] = IR_BIN_##id + 1,
#include "ir/binop.def"
#undef BINOP
};

const uint8_t ir_unop_by_tag[256] = {
#define UNOP(id, tag, ...) [tag] = IR_UN_##id + 1,
#include "ir/unop.def"
#undef UNOP
};

const uint8_t ir_atomic_by_tag[256] = {
#define ATOMIC(id, tag, ...) [tag] = IR_ATOMIC_##id + 1,
#include "ir/atomic.def"
#undef ATOMIC
};

enum ir_ext ir_ext_from_kind(const char *kind, size_t size)
{
    for (int ext = IR_EXT_NONE + 1; ext < IR_EXT_COUNT; ext++)
        if (strlen(ir_ext_infos[ext].kind) == size &&
            memcmp(ir_ext_infos[ext].kind, kind, size) == 0)
            return (enum ir_ext)ext;
    return IR_EXT_NONE;
}

// ---- Small enumerations -------------------------------------------------------------------------

#define ENUM(id, tag, spelling) [tag] = spelling,

#define LOOKUP(table, tag) ((tag) < sizeof(table) / sizeof((table)[0]) ? (table)[tag] : NULL)

const char *ir_ordering_spelling(unsigned tag)
{
    static const char *const spellings[] = {
#include "ir/ordering.def"
    };
    return LOOKUP(spellings, tag);
}

const char *ir_collective_spelling(unsigned tag)
{
    static const char *const spellings[] = {
#include "ir/collective.def"
    };
    return LOOKUP(spellings, tag);
}

const char *ir_memory_kind_spelling(unsigned tag)
{
    static const char *const spellings[] = {
#include "ir/memory_kind.def"
    };
    return LOOKUP(spellings, tag);
}

const char *ir_locality_spelling(unsigned tag)
{
    static const char *const spellings[] = {
#include "ir/locality.def"
    };
    return LOOKUP(spellings, tag);
}

const char *ir_linear_spelling(unsigned tag)
{
    static const char *const spellings[] = {
#include "ir/linear.def"
    };
    return LOOKUP(spellings, tag);
}

const char *ir_quant_scale_spelling(unsigned tag)
{
    static const char *const spellings[] = {
#include "ir/quant_scale.def"
    };
    return LOOKUP(spellings, tag);
}

const char *ir_quant_zero_spelling(unsigned tag)
{
    static const char *const spellings[] = {
#include "ir/quant_zero.def"
    };
    return LOOKUP(spellings, tag);
}

const char *ir_access_spelling(unsigned tag)
{
    static const char *const spellings[] = {
        [VYRE_ACCESS_READ_ONLY] = "readonly",   [VYRE_ACCESS_READ_WRITE] = "readwrite",
        [VYRE_ACCESS_UNIFORM] = "uniform",      [VYRE_ACCESS_WORKGROUP] = "workgroup",
        [VYRE_ACCESS_WRITE_ONLY] = "writeonly",
    };
    return LOOKUP(spellings, tag);
}
