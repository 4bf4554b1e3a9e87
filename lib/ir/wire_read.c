// SPDX-License-Identifier: MIT
// Reading the wire format: cursor, data types, header and records (spec: ir.md, 3.13). Nothing is
// allocated on the word of a length field: strings and lists are copied as they are found.
#include "wire_read.h"
#include "wire_write.h"

#include "base/blake3.h"
#include "base/utf8.h"
#include "ir/tables.h"

#include <string.h>

// ---- Cursor -------------------------------------------------------------------------------------

bool ir_wire_fail(struct ir_wire_reader *r, enum diag_code code, const char *what)
{
    if (!r->failed)
        diag_report(r->diag, code, NULL, "byte %zu: %s", r->at, what);
    r->failed = true;
    r->end = r->at;
    return false;
}

uint64_t ir_wire_get_u64(struct ir_wire_reader *r)
{
    uint64_t low = ir_wire_get_u32(r);
    return low | (uint64_t)ir_wire_get_u32(r) << 32;
}

// spec: ir.md, 3.2: padded encodings are accepted, a tenth byte above 1 is not.
uint64_t ir_wire_get_leb(struct ir_wire_reader *r)
{
    uint64_t value = 0;
    for (unsigned k = 0; k < 10; k++) {
        uint8_t byte = ir_wire_get_u8(r);
        if (k == 9 && byte > 1) {
            ir_wire_fail(r, DIAG_W004, "a LEB128 number exceeds 64 bits");
            return 0;
        }
        value |= (uint64_t)(byte & 0x7F) << (7 * k);
        if (byte < 0x80)
            break;
    }
    return r->failed ? 0 : value;
}

uint32_t ir_wire_get_leb32(struct ir_wire_reader *r)
{
    uint64_t value = ir_wire_get_leb(r);
    if (value > UINT32_MAX) {
        ir_wire_fail(r, DIAG_W004, "a number exceeds 32 bits");
        return 0;
    }
    return (uint32_t)value;
}

static ir_name intern(struct ir_wire_reader *r, const uint8_t *text, uint32_t size)
{
    if (utf8_valid(text, size))
        return ir_draft_name(r->draft, (const char *)text, size);
    ir_wire_fail(r, DIAG_W009, "a name is not UTF-8");
    return 0;
}

// Up to eight bytes as a number, padded with zeros. Made in registers: a number read from where its
// bytes were just copied to would wait for them to reach memory.
static uint64_t few_bytes(const uint8_t *bytes, uint32_t size)
{
    if (size >= 8)
        return ir_wire_u32_at(bytes) | (uint64_t)ir_wire_u32_at(bytes + 4) << 32;
    if (size >= 4)
        return ir_wire_u32_at(bytes) | (uint64_t)ir_wire_u32_at(bytes + size - 4) << 8 * (size - 4);
    if (size == 0)
        return 0;
    return bytes[0] | (uint64_t)bytes[size / 2] << 8 * (size / 2) |
           (uint64_t)bytes[size - 1] << 8 * (size - 1);
}

ir_name ir_wire_get_name(struct ir_wire_reader *r)
{
    uint32_t size = ir_wire_get_u32(r);
    if (size > WIRE_MAX_STRING) {
        ir_wire_fail(r, DIAG_W008, "a name is longer than 1,048,576 bytes");
        return 0;
    }
    const uint8_t *text = ir_wire_get_bytes(r, size);
    if (!text)
        return 0;
    if (size == 0 || size > 2 * sizeof(uint64_t))
        return intern(r, text, size);
    const uint64_t low = few_bytes(text, size);
    const uint64_t high = size > 8 ? few_bytes(text + 8, size - 8) : 0;
    // A multiplicative hash will do: names that share a place only displace one another.
    const uint64_t hash = (low ^ high << 7) * UINT64_C(0x9E3779B97F4A7C15);
    struct ir_recent_name *recent = &r->recent[hash >> 56];
    if (recent->size != size || recent->text[0] != low || recent->text[1] != high) {
        const ir_name name = intern(r, text, size);
        if (r->failed || r->draft->failed)
            return 0;
        *recent = (struct ir_recent_name){ .text = { low, high }, .size = size, .name = name };
    }
    return recent->name;
}

ir_name ir_wire_get_optional(struct ir_wire_reader *r, enum diag_code bad_flag, bool *present)
{
    uint8_t flag = ir_wire_get_u8(r);
    *present = flag == 1;
    if (flag > 1)
        ir_wire_fail(r, bad_flag, "a presence byte is neither 0 nor 1");
    return *present ? ir_wire_get_name(r) : 0;
}

size_t ir_wire_open_part(struct ir_wire_reader *r, uint64_t size)
{
    size_t saved = r->end;
    if (r->failed || r->end - r->at < size)
        ir_wire_fail(r, DIAG_W003, "the bytes end in the middle of a field");
    else
        r->end = r->at + (size_t)size;
    return saved;
}

void ir_wire_close_part(struct ir_wire_reader *r, size_t saved_end)
{
    if (r->failed)
        return;
    if (r->at != r->end)
        ir_wire_fail(r, DIAG_W004, "bytes are left over at the end of a part");
    else
        r->end = saved_end;
}

// ---- Data types (3.8.3) -------------------------------------------------------------------------

static const uint32_t *get_dims(struct ir_wire_reader *r, uint32_t *count)
{
    *count = ir_wire_get_u32(r);
    if (*count > (r->end - r->at) / 4) {
        ir_wire_fail(r, DIAG_W003, "the bytes end in the middle of a field");
        *count = 0;
    }
    uint32_t *dims = arena_array(&r->draft->program->arena, *count, sizeof *dims);
    if (!dims) {
        r->draft->failed = true;
        return NULL;
    }
    for (uint32_t i = 0; i < *count; i++)
        dims[i] = ir_wire_get_u32(r);
    return dims;
}

bool ir_wire_get_quantized(struct ir_wire_reader *r, struct ir_type *type, uint64_t scale_tag,
                           uint64_t scale, uint64_t zero_tag, uint64_t zero, enum diag_code code)
{
    if (scale_tag > IR_SCALE_PER_GROUP || zero_tag > IR_ZERO_PER_GROUP)
        return ir_wire_fail(r, code, "an unknown quantization tag");
    if ((scale_tag == IR_SCALE_PER_TENSOR && scale != 0) ||
        (zero_tag <= IR_ZERO_PER_TENSOR && zero != 0))
        return ir_wire_fail(r, code, "a quantization parameter that must be 0 is not");
    type->scale_tag = (uint8_t)scale_tag;
    type->id = (uint32_t)scale;
    type->zero_tag = (uint8_t)zero_tag;
    type->id2 = (uint32_t)zero;
    if (!ir_wire_quantized_ok(type))
        return ir_wire_fail(r, code, "a quantized type has illegal storage or a group size of 0");
    return true;
}

static void get_quantized_type(struct ir_wire_reader *r, struct ir_type *type)
{
    type->element = ir_wire_get_type(r);
    uint8_t scale_tag = ir_wire_get_u8(r);
    uint32_t scale = ir_wire_get_u32(r);
    uint8_t zero_tag = ir_wire_get_u8(r);
    uint32_t zero = ir_wire_get_u32(r);
    if (!r->failed && type->element)
        ir_wire_get_quantized(r, type, scale_tag, scale, zero_tag, zero, DIAG_W008);
}

static void get_type_fields(struct ir_wire_reader *r, struct ir_type *type)
{
    switch ((enum ir_type_kind)type->kind) {
    case IR_TYPE_ARRAY: type->size = ir_wire_get_u32(r); break;
    case IR_TYPE_HANDLE: type->id = ir_wire_get_u32(r); break;
    case IR_TYPE_OPAQUE:
        type->id = ir_wire_get_u32(r);
        if (!(type->id & 0x80000000u))
            ir_wire_fail(r, DIAG_W005, "an extension id without its high bit");
        break;
    case IR_TYPE_VEC:
        type->element = ir_wire_get_type(r);
        type->lanes = ir_wire_get_u8(r);
        break;
    case IR_TYPE_TENSOR_SHAPED:
        type->element = ir_wire_get_type(r);
        type->dims = get_dims(r, &type->dim_count);
        break;
    case IR_TYPE_SPARSE_CSR:
    case IR_TYPE_SPARSE_COO: type->element = ir_wire_get_type(r); break;
    case IR_TYPE_SPARSE_BSR:
        type->element = ir_wire_get_type(r);
        type->id = ir_wire_get_u32(r);
        type->id2 = ir_wire_get_u32(r);
        break;
    case IR_TYPE_DEVICE_MESH: type->dims = get_dims(r, &type->dim_count); break;
    case IR_TYPE_QUANTIZED: get_quantized_type(r, type); break;
    default: break;
    }
}

const struct ir_type *ir_wire_get_type(struct ir_wire_reader *r)
{
    enum ir_type_kind kind;
    if (r->type_depth >= WIRE_MAX_TYPE_DEPTH) {
        ir_wire_fail(r, DIAG_W010, "data types are nested deeper than 4,096 levels");
        return NULL;
    }
    if (!ir_wire_has_room(r))
        return NULL;
    uint8_t tag = ir_wire_get_u8(r);
    if (r->failed)
        return NULL;
    if (!ir_type_from_tag(tag, &kind)) {
        ir_wire_fail(r, DIAG_W008, "an unknown data type tag");
        return NULL;
    }
    if (!ir_type_has_parameters(kind)) {
        r->draft->parts++;
        return ir_type_scalar(kind);
    }
    r->type_depth++;
    struct ir_type type = { .kind = (uint8_t)kind };
    get_type_fields(r, &type);
    r->type_depth--;
    return r->failed ? NULL : ir_draft_type(r->draft, &type);
}

// ---- Header and records -------------------------------------------------------------------------

// spec: ir.md, 3.13, steps 1 to 8. The order of the checks is part of the contract.
static bool check_header(struct ir_wire_reader *r, size_t size)
{
    const uint8_t *b = r->bytes;
    const bool magic = size >= 4 && memcmp(b, "VYRE", 4) == 0;
    if (size > WIRE_MAX_SIZE)
        return ir_wire_fail(r, DIAG_W008, "the program is larger than 67,108,864 bytes");
    if (size >= 6 && magic && (b[4] | b[5] << 8) != WIRE_VERSION) {
        diag_report(r->diag, DIAG_W002, NULL, "wire version %d, this library reads version %d",
                    b[4] | b[5] << 8, WIRE_VERSION);
        r->failed = true;
        return false;
    }
    if (!magic)
        return ir_wire_fail(r, DIAG_W001, "the file does not start with VYRE");
    if (size < 6)
        return ir_wire_fail(r, DIAG_W003, "the header is cut short");
    if (size < WIRE_HEADER_SIZE)
        return ir_wire_fail(r, DIAG_W004, "the header is cut short");
    if ((b[6] | b[7] << 8) != WIRE_FLAGS)
        return ir_wire_fail(r, DIAG_W005, "unknown header flags");
    uint8_t digest[BLAKE3_SIZE];
    blake3_hash(b + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, digest);
    if (memcmp(digest, b + 8, sizeof digest) != 0)
        return ir_wire_fail(r, DIAG_W006, "the digest does not match the contents");
    r->at = WIRE_HEADER_SIZE;
    return true;
}

struct record {
    const char *id;
    size_t id_size;
    size_t start; // of the payload
    size_t end;
};

static bool is_id(const struct record *record, const char *id)
{
    return record->id_size == strlen(id) && memcmp(record->id, id, record->id_size) == 0;
}

// A record's frame (3.4); leaves the cursor behind it.
static bool get_record(struct ir_wire_reader *r, uint64_t index, struct record *out)
{
    uint64_t id_size = ir_wire_get_leb(r);
    if (id_size > WIRE_MAX_STRING)
        return ir_wire_fail(r, DIAG_W004, "an op id is longer than 1,048,576 bytes");
    const uint8_t *id = ir_wire_get_bytes(r, (size_t)id_size);
    if (!id)
        return false;
    if (!utf8_valid(id, (size_t)id_size))
        return ir_wire_fail(r, DIAG_W004, "an op id is not UTF-8");
    *out = (struct record){ .id = (const char *)id, .id_size = (size_t)id_size };
    uint64_t size = ir_wire_get_leb(r);
    if (size > WIRE_MAX_SIZE)
        return ir_wire_fail(r, DIAG_W008, "a record is larger than 67,108,864 bytes");
    if (!r->failed && size > r->end - r->at)
        return ir_wire_fail(r, DIAG_W003, "the bytes end in the middle of a record");
    out->start = r->at;
    out->end = r->at + (size_t)size;
    r->at += r->failed ? 0 : (size_t)size;
    uint64_t operands = ir_wire_get_leb(r);
    if (operands > WIRE_MAX_RECORDS)
        return ir_wire_fail(r, DIAG_W004, "too many operands");
    for (uint64_t i = 0; i < operands && !r->failed; i++)
        if (ir_wire_get_leb(r) >= index)
            return ir_wire_fail(r, DIAG_W004, "an operand does not name an earlier record");
    if (index == 0 && !r->failed && !is_id(out, "vyre.program.metadata"))
        return ir_wire_fail(r, DIAG_W007, "the first record is not the program's metadata");
    if (operands)
        return ir_wire_fail(r, DIAG_W005, "records with operands are not assigned");
    return !r->failed;
}

static void get_metadata(struct ir_wire_reader *r)
{
    struct vyre_program *program = r->draft->program;
    const uint8_t *marker = ir_wire_get_bytes(r, 9);
    if (marker && memcmp(marker, "VYRE-META", 9) != 0)
        ir_wire_fail(r, DIAG_W005, "the metadata marker is wrong");
    program->entry_op = ir_wire_get_optional(r, DIAG_W005, &program->has_entry_op);
    for (int axis = 0; axis < 3; axis++) {
        program->workgroup[axis] = ir_wire_get_u32(r);
        if (!r->failed && program->workgroup[axis] == 0)
            ir_wire_fail(r, DIAG_W005, "a workgroup dimension is 0");
    }
    uint8_t flag = ir_wire_get_u8(r);
    if (flag > 1)
        ir_wire_fail(r, DIAG_W005, "the non-composable flag is neither 0 nor 1");
    program->non_composable = flag == 1;
    ir_wire_get_buffers(r);
}

static bool id_fits(struct ir_wire_reader *r, const struct record *record,
                    const struct ir_node *node)
{
    if (node->kind != IR_NODE_OPAQUE)
        return is_id(record, ir_node_info(node->kind)->record_op);
    if (node->ext != IR_EXT_NONE)
        return is_id(record, ir_ext_info(node->ext)->kind);
    const struct ir_text *kind = &r->draft->names.items[node->name];
    return record->id_size == kind->size && memcmp(record->id, kind->text, kind->size) == 0;
}

static void get_entry(struct ir_wire_reader *r, const struct record *record, struct ir_nodes *entry)
{
    r->depth = 0;
    struct ir_node *node = ir_wire_get_node(r);
    if (!r->failed && r->at != r->end)
        ir_wire_fail(r, DIAG_W004, "bytes are left over behind a node");
    if (!r->failed && node && !id_fits(r, record, node))
        ir_wire_fail(r, DIAG_W005, "a record's op id differs from its node");
    if (!r->failed)
        ir_nodes_add(r->draft, entry, node);
}

// One record at a time: its frame, then its payload. The order decides which error is reported.
static void get_records(struct ir_wire_reader *r, struct ir_nodes *entry)
{
    uint64_t count = ir_wire_get_leb(r);
    if (count > WIRE_MAX_RECORDS || (count == 0 && !r->failed))
        ir_wire_fail(r, DIAG_W004, "the record count is out of range");
    for (uint64_t i = 0; i < count && !r->failed && !r->draft->failed; i++) {
        struct record record = { 0 };
        if (!get_record(r, i, &record))
            return;
        const size_t behind = r->at;
        const size_t end = r->end;
        r->at = record.start;
        r->end = record.end;
        if (i > 0)
            get_entry(r, &record, entry);
        else
            get_metadata(r);
        ir_wire_close_part(r, end);
        if (!r->failed)
            r->at = behind;
    }
}

enum vyre_result vyre_program_decode(const void *bytes, size_t size,
                                     const struct vyre_diag_sink *diag, struct vyre_program **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!bytes && size)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct ir_draft draft;
    struct ir_nodes entry = { 0 };
    struct ir_wire_reader r = { .bytes = bytes, .end = size, .draft = &draft, .diag = diag };
    if (!check_header(&r, size))
        return VYRE_ERR_INVALID_PROGRAM;
    if (!ir_draft_init(&draft)) {
        ir_draft_fini(&draft);
        return VYRE_ERR_NO_MEMORY;
    }
    get_records(&r, &entry);
    ir_wire_get_regions(&r);
    if (!r.failed && r.at != size)
        ir_wire_fail(&r, DIAG_W004, "bytes are left over behind the output set");
    struct ir_body body = ir_nodes_take(&draft, &entry);
    ir_nodes_fini(&r.nodes);
    if (r.failed && !draft.failed) {
        ir_draft_fini(&draft);
        return VYRE_ERR_INVALID_PROGRAM;
    }
    return ir_draft_finish(&draft, body, false, out);
}
