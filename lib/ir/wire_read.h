// SPDX-License-Identifier: MIT
// What the parts of the wire reader share: a bounded cursor with a sticky, classified failure.
#ifndef IR_WIRE_READ_H
#define IR_WIRE_READ_H

#include "base/report.h"
#include "ir/draft.h"
#include "ir/wire.h"

// A short name that was read lately, so that most names are found without a search.
struct ir_recent_name {
    uint64_t text[2]; // padded with zeros
    uint32_t size;    // 0: none
    ir_name name;
};

enum { IR_RECENT_NAMES = 256 };

// Reading is over `bytes[at, end)`; a payload narrows `end` while it is read.
struct ir_wire_reader {
    const uint8_t *bytes;
    size_t at;
    size_t end;
    struct ir_draft *draft;
    const struct vyre_diag_sink *diag;
    struct ir_nodes nodes; // of the bodies that are being read, innermost last
    unsigned depth;        // nodes and expressions of this record (3.8.1)
    unsigned type_depth;   // nested data types
    bool failed;
    struct ir_recent_name recent[IR_RECENT_NAMES]; // by ir_wire_get_name, each in one place
};

// Reports the first failure with its byte offset and makes it sticky. Always returns false.
#if defined(__GNUC__)
__attribute__((cold))
#endif
bool ir_wire_fail(struct ir_wire_reader *r, enum diag_code code, const char *what);

// Each returns 0, "" or NULL after a failure. The small ones are inline: nearly every byte of a
// program goes through them.
static inline const uint8_t *ir_wire_get_bytes(struct ir_wire_reader *r, size_t size)
{
    if (r->failed || r->end - r->at < size) {
        ir_wire_fail(r, DIAG_W003, "the bytes end in the middle of a field");
        return NULL;
    }
    const uint8_t *bytes = r->bytes + r->at;
    r->at += size;
    return bytes;
}

static inline uint8_t ir_wire_get_u8(struct ir_wire_reader *r)
{
    const uint8_t *bytes = ir_wire_get_bytes(r, 1);
    return bytes ? bytes[0] : 0;
}

// Four bytes, the lowest first.
static inline uint32_t ir_wire_u32_at(const uint8_t *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint32_t ir_wire_get_u32(struct ir_wire_reader *r)
{
    const uint8_t *bytes = ir_wire_get_bytes(r, 4);
    return bytes ? ir_wire_u32_at(bytes) : 0;
}

uint64_t ir_wire_get_u64(struct ir_wire_reader *r);
uint64_t ir_wire_get_leb(struct ir_wire_reader *r);
uint32_t ir_wire_get_leb32(struct ir_wire_reader *r);
ir_name ir_wire_get_name(struct ir_wire_reader *r); // str32
ir_name ir_wire_get_optional(struct ir_wire_reader *r, enum diag_code bad_flag, bool *present);

// False, after reporting it, when the program has as many parts as a program may have.
static inline bool ir_wire_has_room(struct ir_wire_reader *r)
{
    return r->draft->parts < IR_MOST_PARTS ||
           ir_wire_fail(r, DIAG_W011, "more than 4,194,304 nodes, expressions and types");
}

// A part of `size` bytes; read it, then close it. Closing fails with W004 when bytes are left.
size_t ir_wire_open_part(struct ir_wire_reader *r, uint64_t size);
void ir_wire_close_part(struct ir_wire_reader *r, size_t saved_end);

const struct ir_type *ir_wire_get_type(struct ir_wire_reader *r);
bool ir_wire_get_quantized(struct ir_wire_reader *r, struct ir_type *type, uint64_t scale_tag,
                           uint64_t scale, uint64_t zero_tag, uint64_t zero, enum diag_code code);

struct ir_node *ir_wire_get_node(struct ir_wire_reader *r);
struct ir_expr *ir_wire_get_expr(struct ir_wire_reader *r);

// Buffers: metadata part, then regions and output set (wire_read_buffers.c).
void ir_wire_get_buffers(struct ir_wire_reader *r);
void ir_wire_get_regions(struct ir_wire_reader *r);

#endif // IR_WIRE_READ_H
