// SPDX-License-Identifier: MIT
// Operators, types and orderings of the language by number.
//
// Every number is the tag of the binary form, which never changes (docs/ir.md says what each does).
#ifndef VYRE_OPERATORS_H
#define VYRE_OPERATORS_H

#include <vyre/result.h>

VYRE_BEGIN

// Types without parameters; the meaning of each is in docs/ir.md.
enum vyre_scalar_type {
    VYRE_TYPE_U32 = 0x01,
    VYRE_TYPE_I32 = 0x02,
    VYRE_TYPE_U64 = 0x03,
    VYRE_TYPE_VEC2_U32 = 0x04,
    VYRE_TYPE_VEC4_U32 = 0x05,
    VYRE_TYPE_BOOL = 0x06,
    VYRE_TYPE_BYTES = 0x07,
    VYRE_TYPE_F16 = 0x09,
    VYRE_TYPE_BF16 = 0x0A,
    VYRE_TYPE_F32 = 0x0B,
    VYRE_TYPE_F64 = 0x0C,
    VYRE_TYPE_TENSOR = 0x0D,
    VYRE_TYPE_U8 = 0x0E,
    VYRE_TYPE_U16 = 0x0F,
    VYRE_TYPE_I8 = 0x10,
    VYRE_TYPE_I16 = 0x11,
    VYRE_TYPE_I64 = 0x12,
    VYRE_TYPE_F8E4M3 = 0x19,
    VYRE_TYPE_F8E5M2 = 0x1A,
    VYRE_TYPE_I4 = 0x1B,
    VYRE_TYPE_FP4 = 0x1C,
    VYRE_TYPE_NF4 = 0x1D,
};

// Operators of two operands. OPAQUE is an extension's: vyre_builder_binary_opaque.
enum vyre_binop {
    VYRE_BIN_ADD = 0x01,
    VYRE_BIN_SUB = 0x02,
    VYRE_BIN_MUL = 0x03,
    VYRE_BIN_DIV = 0x04,
    VYRE_BIN_MOD = 0x05,
    VYRE_BIN_BIT_AND = 0x06,
    VYRE_BIN_BIT_OR = 0x07,
    VYRE_BIN_BIT_XOR = 0x08,
    VYRE_BIN_SHL = 0x09,
    VYRE_BIN_SHR = 0x0A,
    VYRE_BIN_EQ = 0x0B,
    VYRE_BIN_NE = 0x0C,
    VYRE_BIN_LT = 0x0D,
    VYRE_BIN_GT = 0x0E,
    VYRE_BIN_LE = 0x0F,
    VYRE_BIN_GE = 0x10,
    VYRE_BIN_AND = 0x11,
    VYRE_BIN_OR = 0x12,
    VYRE_BIN_ABS_DIFF = 0x13,
    VYRE_BIN_MIN = 0x14,
    VYRE_BIN_MAX = 0x15,
    VYRE_BIN_SATURATING_ADD = 0x16,
    VYRE_BIN_SATURATING_SUB = 0x17,
    VYRE_BIN_SATURATING_MUL = 0x18,
    VYRE_BIN_SHUFFLE = 0x19,
    VYRE_BIN_BALLOT = 0x1A,
    VYRE_BIN_WAVE_REDUCE = 0x1B,
    VYRE_BIN_WAVE_BROADCAST = 0x1C,
    VYRE_BIN_ROTATE_LEFT = 0x1D,
    VYRE_BIN_ROTATE_RIGHT = 0x1E,
    VYRE_BIN_WRAPPING_ADD = 0x1F,
    VYRE_BIN_WRAPPING_SUB = 0x20,
    VYRE_BIN_MUL_HIGH = 0x21,
    VYRE_BIN_OPAQUE = 0x80,
};

// Operators of one operand. OPAQUE is an extension's: vyre_builder_unary_opaque.
enum vyre_unop {
    VYRE_UN_NEGATE = 0x01,
    VYRE_UN_BIT_NOT = 0x02,
    VYRE_UN_LOGICAL_NOT = 0x03,
    VYRE_UN_POPCOUNT = 0x04,
    VYRE_UN_CLZ = 0x05,
    VYRE_UN_CTZ = 0x06,
    VYRE_UN_REVERSE_BITS = 0x07,
    VYRE_UN_COS = 0x08,
    VYRE_UN_SIN = 0x09,
    VYRE_UN_ABS = 0x0A,
    VYRE_UN_SQRT = 0x0B,
    VYRE_UN_FLOOR = 0x0C,
    VYRE_UN_CEIL = 0x0D,
    VYRE_UN_ROUND = 0x0E,
    VYRE_UN_TRUNC = 0x0F,
    VYRE_UN_SIGN = 0x10,
    VYRE_UN_IS_NAN = 0x11,
    VYRE_UN_IS_INF = 0x12,
    VYRE_UN_IS_FINITE = 0x13,
    VYRE_UN_EXP = 0x14,
    VYRE_UN_LOG = 0x15,
    VYRE_UN_LOG2 = 0x16,
    VYRE_UN_EXP2 = 0x17,
    VYRE_UN_TAN = 0x18,
    VYRE_UN_ACOS = 0x19,
    VYRE_UN_ASIN = 0x1A,
    VYRE_UN_ATAN = 0x1B,
    VYRE_UN_TANH = 0x1C,
    VYRE_UN_SINH = 0x1D,
    VYRE_UN_COSH = 0x1E,
    VYRE_UN_INVERSE_SQRT = 0x1F,
    VYRE_UN_UNPACK4_LOW = 0x20,
    VYRE_UN_UNPACK4_HIGH = 0x21,
    VYRE_UN_UNPACK8_LOW = 0x22,
    VYRE_UN_UNPACK8_HIGH = 0x23,
    VYRE_UN_RECIPROCAL = 0x24,
    VYRE_UN_OPAQUE = 0x80,
};

// Atomic operators.
enum vyre_atomic_op {
    VYRE_ATOMIC_ADD = 0x01,
    VYRE_ATOMIC_OR = 0x02,
    VYRE_ATOMIC_AND = 0x03,
    VYRE_ATOMIC_XOR = 0x04,
    VYRE_ATOMIC_MIN = 0x05,
    VYRE_ATOMIC_MAX = 0x06,
    VYRE_ATOMIC_EXCHANGE = 0x07,
    VYRE_ATOMIC_COMPARE_EXCHANGE = 0x08,
    VYRE_ATOMIC_COMPARE_EXCHANGE_WEAK = 0x09,
    VYRE_ATOMIC_FETCH_NAND = 0x0A,
    VYRE_ATOMIC_LRU_UPDATE = 0x0B,
    VYRE_ATOMIC_OPAQUE = 0x80,
};

// Memory orderings; SEQ_CST is the usual one.
enum vyre_ordering {
    VYRE_ORDER_RELAXED = 0,
    VYRE_ORDER_ACQUIRE = 1,
    VYRE_ORDER_RELEASE = 2,
    VYRE_ORDER_ACQ_REL = 3,
    VYRE_ORDER_SEQ_CST = 4,
    VYRE_ORDER_GRID_SYNC = 5,
};

// Operators of collectives.
enum vyre_collective {
    VYRE_COLLECTIVE_SUM = 1,
    VYRE_COLLECTIVE_MIN = 2,
    VYRE_COLLECTIVE_MAX = 3,
    VYRE_COLLECTIVE_BIT_AND = 4,
    VYRE_COLLECTIVE_BIT_OR = 5,
    VYRE_COLLECTIVE_BIT_XOR = 6,
};

// Memory tiers.
enum vyre_memory_kind {
    VYRE_MEMORY_GLOBAL = 0,
    VYRE_MEMORY_SHARED = 1,
    VYRE_MEMORY_UNIFORM = 2,
    VYRE_MEMORY_LOCAL = 3,
    VYRE_MEMORY_READONLY = 4,
    VYRE_MEMORY_PUSH = 5,
    VYRE_MEMORY_PERSISTENT = 6,
};

// Cache hints; TEMPORAL is the default.
enum vyre_locality {
    VYRE_LOCALITY_STREAMING = 0,
    VYRE_LOCALITY_TEMPORAL = 1,
    VYRE_LOCALITY_RANDOM = 2,
};

// Scales of quantized types.
enum vyre_quant_scale {
    VYRE_SCALE_PER_TENSOR = 0,
    VYRE_SCALE_PER_CHANNEL = 1,
    VYRE_SCALE_PER_GROUP = 2,
};

// Zero points of quantized types.
enum vyre_quant_zero {
    VYRE_ZERO_ABSENT = 0,
    VYRE_ZERO_PER_TENSOR = 1,
    VYRE_ZERO_PER_CHANNEL = 2,
    VYRE_ZERO_PER_GROUP = 3,
};

VYRE_END

#endif // VYRE_OPERATORS_H
