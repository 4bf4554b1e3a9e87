// SPDX-License-Identifier: MIT
// What the two halves of the wire writer share.
#ifndef IR_WIRE_WRITE_H
#define IR_WIRE_WRITE_H

#include "base/report.h"
#include "ir/wire.h"

struct ir_wire_writer {
    const struct vyre_program *program; // borrowed
    const struct vyre_diag_sink *diag;
    struct str *out; // the blob, or the payload that is being collected
    unsigned depth;
    bool refused; // the program has no wire form; reported once
};

void ir_wire_u8(struct ir_wire_writer *w, uint8_t value);
void ir_wire_u32(struct ir_wire_writer *w, uint32_t value);
void ir_wire_u64(struct ir_wire_writer *w, uint64_t value);
void ir_wire_leb(struct ir_wire_writer *w, uint64_t value);
void ir_wire_name(struct ir_wire_writer *w, ir_name name);
void ir_wire_put_type(struct ir_wire_writer *w, const struct ir_type *type);
bool ir_wire_quantized_ok(const struct ir_type *type);
void ir_wire_refuse(struct ir_wire_writer *w, enum diag_code code, const char *what);

// Buffers (wire_write_buffers.c): preconditions of 3.12; the metadata part of 3.5; regions and
// output set of 3.9 and 3.10.
void ir_wire_check_program(struct ir_wire_writer *w);
void ir_wire_put_buffers(struct ir_wire_writer *w);
void ir_wire_put_regions(struct ir_wire_writer *w);
void ir_wire_put_hints(struct ir_wire_writer *w, const struct ir_buffer *buffer);

#endif // IR_WIRE_WRITE_H
