// SPDX-License-Identifier: MIT
// What the two halves of the wire writer share.
#ifndef IR_WIRE_WRITE_H
#define IR_WIRE_WRITE_H

#include "base/report.h"
#include "canonical.h"
#include "ir/wire.h"

struct ir_wire_writer {
    const struct vyre_program *program; // borrowed
    bool canonical;                     // writes the canonical form instead of what stands there
    const uint32_t *buffer_order;       // indices of the buffers, borrowed; NULL: as declared
    const struct vyre_diag_sink *diag;
    struct str *out; // the blob, or the payload that is being collected
    // Also writes what the reader refuses, as the original's encoder does: fingerprints and the
    // order of operands are defined by it.
    bool lenient;
    bool refused;        // the program has no wire form; reported once
    unsigned depth;      // of nodes and expressions
    unsigned type_depth; // of the data type being written
    uint64_t parts;      // nodes, expressions and types so far
    struct ir_pos pos;   // of the part being written
};

static inline void ir_wire_u8(struct ir_wire_writer *w, uint8_t value)
{
    str_add(w->out, (const char *)&value, 1);
}

static inline void ir_wire_u32(struct ir_wire_writer *w, uint32_t value)
{
    const uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                               (uint8_t)(value >> 24) };
    str_add(w->out, (const char *)bytes, sizeof bytes);
}

void ir_wire_u64(struct ir_wire_writer *w, uint64_t value);
void ir_wire_leb(struct ir_wire_writer *w, uint64_t value);
void ir_wire_name(struct ir_wire_writer *w, ir_name name);
void ir_wire_put_type(struct ir_wire_writer *w, const struct ir_type *type);
bool ir_wire_quantized_ok(const struct ir_type *type);
#if defined(__GNUC__)
__attribute__((cold))
#endif
void ir_wire_refuse(struct ir_wire_writer *w, enum diag_code code, const char *what);

// The buffer that stands at this position.
static inline const struct ir_buffer *ir_wire_buffer(const struct ir_wire_writer *w,
                                                     uint32_t position)
{
    return &w->program->buffers[w->buffer_order ? w->buffer_order[position] : position];
}

// Buffers (wire_write_buffers.c): preconditions of 3.12; the metadata part of 3.5; regions and
// output set of 3.9 and 3.10.
void ir_wire_check_program(struct ir_wire_writer *w);
void ir_wire_put_buffers(struct ir_wire_writer *w);
void ir_wire_put_regions(struct ir_wire_writer *w);
void ir_wire_put_hints(struct ir_wire_writer *w, const struct ir_buffer *buffer);

#endif // IR_WIRE_WRITE_H
