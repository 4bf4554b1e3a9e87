// SPDX-License-Identifier: MIT
// The binary wire format, version 4 (spec: ir.md, section 3), and what is defined by it: canonical
// order and fingerprint (section 5). The public face is vyre_program_decode, _encode,
// _canonicalize and _fingerprint.
#ifndef IR_WIRE_H
#define IR_WIRE_H

#include "base/str.h"
#include "ir/model.h"

#include <vyre/diag.h>

// Limits of spec: ir.md, 3.14.
enum {
    WIRE_VERSION = 4,
    WIRE_FLAGS = 0x0004,
    WIRE_HEADER_SIZE = 40,
    WIRE_MAX_SIZE = 67108864,
    WIRE_MAX_BUFFERS = 16384,
    WIRE_MAX_RECORDS = 1000000,
    WIRE_MAX_NODES = 1000000,
    WIRE_MAX_ARGUMENTS = 4096,
    WIRE_MAX_STRING = 1048576,
    WIRE_MAX_PAYLOAD = 4194304,
    WIRE_MAX_DEPTH = 64,
    WIRE_MAX_SECTION = 64, // bytes of a shape or hints payload
    // Nested data types and, where only an identity is wanted, nested nodes and expressions: ours,
    // the original has no bound and overflows its stack (corpus README, oddity 2).
    WIRE_MAX_TYPE_DEPTH = 4096,
    WIRE_MAX_IDENTITY_DEPTH = 4096,
};

// Appends the whole blob. VYRE_ERR_INVALID_PROGRAM: the program has no wire form (codes W02n).
// What is written, vyre_program_decode reads.
enum vyre_result ir_wire_encode(const struct vyre_program *program,
                                const struct vyre_diag_sink *diag, struct str *out);

// Appends the blob of the canonical form, for an identity: it also writes nesting, counts and
// extensions that vyre_program_decode refuses, as the original's encoder does.
enum vyre_result ir_wire_encode_canonical(const struct vyre_program *program,
                                          const struct vyre_diag_sink *diag, struct str *out);

// Appends one expression or one data type as they stand inside a payload (3.8, 3.8.3), for an
// identity. False when it has no wire form; then `out` is marked as failed only if memory ran out.
bool ir_wire_expr(const struct vyre_program *program, const struct ir_expr *expr, struct str *out);
bool ir_wire_type(const struct ir_type *type, struct str *out);

#endif // IR_WIRE_H
