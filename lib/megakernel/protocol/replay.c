// SPDX-License-Identifier: MIT
// Images of replay logs (spec: protocol.md, section 6).
#include "megakernel/protocol/replay.h"

#include "words.h"

// Words of the header.
enum {
    HEADER_MAGIC = 0, // two of them
    HEADER_VERSION = 2,
    HEADER_FLAGS = 3,
    HEADER_CAPACITY = 4, // 64 bits
    HEADER_CURSOR = 6,   // 64 bits
};

// Words of a record.
enum {
    RECORD_MAGIC = 0,
    RECORD_TIMESTAMP = 1, // 64 bits
    RECORD_SLOT = 3,
    RECORD_TENANT = 4,
    RECORD_OPCODE = 5,
    RECORD_ARGS = 6,
    RECORD_EPOCH = 10,
    RECORD_STATUS = 11,
    RECORD_FAILURE = 12,
    RECORD_ERROR = 13,
    RECORD_DIGEST = 14, // 64 bits
};

enum { VERSION = 1 };

#define MAGIC   "VRRL0001"
#define WRITTEN 0xDEADBEEFu // first word of a record; 0 where none was written yet

// ---- Parts --------------------------------------------------------------------------------------

void mk_replay_encode_header(uint32_t capacity, uint8_t out[VYRE_REPLAY_HEADER_SIZE])
{
    memcpy(out, MAGIC, sizeof MAGIC - 1);
    word_put(out, HEADER_VERSION, VERSION);
    word_put(out, HEADER_FLAGS, 0);
    word_put_pair(out, HEADER_CAPACITY, capacity);
    word_put_pair(out, HEADER_CURSOR, 0);
}

void mk_replay_encode_cursor(uint32_t cursor, uint8_t out[MK_REPLAY_CURSOR_SIZE])
{
    word_put_pair(out, 0, cursor);
}

void mk_replay_encode_record(const struct vyre_replay_record *record,
                             uint8_t out[VYRE_REPLAY_RECORD_SIZE])
{
    word_put(out, RECORD_MAGIC, WRITTEN);
    word_put_pair(out, RECORD_TIMESTAMP, record->timestamp_ns);
    word_put(out, RECORD_SLOT, record->slot);
    word_put(out, RECORD_TENANT, record->tenant);
    word_put(out, RECORD_OPCODE, record->opcode);
    for (size_t i = 0; i < 4; i++)
        word_put(out, RECORD_ARGS + i, record->args[i]);
    word_put(out, RECORD_EPOCH, record->epoch);
    word_put(out, RECORD_STATUS, record->status);
    word_put(out, RECORD_FAILURE, (uint32_t)record->failure);
    word_put(out, RECORD_ERROR, record->error_code);
    word_put_pair(out, RECORD_DIGEST, record->output_digest);
}

enum vyre_result mk_replay_decode_record(const uint8_t bytes[VYRE_REPLAY_RECORD_SIZE],
                                         uint32_t index, struct vyre_replay_record *out,
                                         const struct vyre_diag_sink *diag)
{
    *out = (struct vyre_replay_record){ 0 };
    const uint32_t magic = word_get(bytes, RECORD_MAGIC);
    if (magic == 0)
        return VYRE_MISS;
    if (magic != WRITTEN) {
        diag_report(diag, DIAG_P009, NULL, "record %u of the replay log is damaged", index);
        return VYRE_ERR_INVALID_DATA;
    }
    const uint32_t failure = word_get(bytes, RECORD_FAILURE);
    *out = (struct vyre_replay_record){
        .timestamp_ns = word_get_pair(bytes, RECORD_TIMESTAMP),
        .slot = word_get(bytes, RECORD_SLOT),
        .tenant = word_get(bytes, RECORD_TENANT),
        .opcode = word_get(bytes, RECORD_OPCODE),
        .epoch = word_get(bytes, RECORD_EPOCH),
        .status = word_get(bytes, RECORD_STATUS),
        .failure = failure < VYRE_REPLAY_UNCLASSIFIED ? (enum vyre_replay_failure)failure
                                                      : VYRE_REPLAY_UNCLASSIFIED,
        .error_code = word_get(bytes, RECORD_ERROR),
        .output_digest = word_get_pair(bytes, RECORD_DIGEST),
    };
    for (size_t i = 0; i < 4; i++)
        out->args[i] = word_get(bytes, RECORD_ARGS + i);
    return VYRE_OK;
}

uint64_t mk_replay_offset(uint32_t index)
{
    return VYRE_REPLAY_HEADER_SIZE + (uint64_t)VYRE_REPLAY_RECORD_SIZE * index;
}

// ---- Images -------------------------------------------------------------------------------------

enum vyre_result vyre_replay_size(uint64_t capacity, size_t *out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = 0;
    if (capacity == 0 || capacity > VYRE_REPLAY_MAX_CAPACITY)
        return VYRE_ERR_LIMIT;
    *out = VYRE_REPLAY_HEADER_SIZE + VYRE_REPLAY_RECORD_SIZE * (size_t)capacity;
    return VYRE_OK;
}

enum vyre_result vyre_replay_image_init(void *image, size_t size, uint64_t capacity,
                                        const struct vyre_diag_sink *diag)
{
    size_t wanted;
    if (!image)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (vyre_replay_size(capacity, &wanted) != VYRE_OK) {
        diag_report(diag, DIAG_P002, NULL, "there is no replay log of %llu records",
                    (unsigned long long)capacity);
        return VYRE_ERR_LIMIT;
    }
    if (size != wanted) {
        diag_report(diag, DIAG_P001, NULL, "a replay log of %llu records has %zu bytes, not %zu",
                    (unsigned long long)capacity, wanted, size);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    memset(image, 0, size);
    mk_replay_encode_header((uint32_t)capacity, image);
    return VYRE_OK;
}

enum vyre_result vyre_replay_image_header(const void *image, size_t size,
                                          struct vyre_replay_header *out,
                                          const struct vyre_diag_sink *diag)
{
    if (!out || (!image && size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_replay_header){ 0 };
    if (size < VYRE_REPLAY_HEADER_SIZE) {
        diag_report(diag, DIAG_P008, NULL, "the replay log ends inside its header");
        return VYRE_ERR_INVALID_DATA;
    }
    if (memcmp(image, MAGIC, sizeof MAGIC - 1) != 0 || word_get(image, HEADER_VERSION) != VERSION) {
        diag_report(diag, DIAG_P008, NULL, "this is not a replay log of version %d", VERSION);
        return VYRE_ERR_INVALID_DATA;
    }
    const uint64_t capacity = word_get_pair(image, HEADER_CAPACITY);
    size_t whole;
    if (vyre_replay_size(capacity, &whole) != VYRE_OK) {
        diag_report(diag, DIAG_P008, NULL, "the replay log says that it holds %llu records",
                    (unsigned long long)capacity);
        return VYRE_ERR_INVALID_DATA;
    }
    out->capacity = (uint32_t)capacity;
    out->cursor = (uint32_t)(word_get_pair(image, HEADER_CURSOR) % capacity);
    return VYRE_OK;
}

// Record `index`, which must be below the capacity; false when the image ends before it does.
static bool find_record(size_t size, uint32_t index, size_t *offset,
                        const struct vyre_diag_sink *diag)
{
    *offset = (size_t)mk_replay_offset(index);
    if (size >= *offset + VYRE_REPLAY_RECORD_SIZE)
        return true;
    diag_report(diag, DIAG_P009, NULL, "the replay log ends before record %u", index);
    return false;
}

enum vyre_result vyre_replay_image_read(const void *image, size_t size, uint32_t age,
                                        struct vyre_replay_record *out,
                                        const struct vyre_diag_sink *diag)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_replay_record){ 0 };
    struct vyre_replay_header header;
    enum vyre_result result = vyre_replay_image_header(image, size, &header, diag);
    if (result != VYRE_OK)
        return result;
    if (age >= header.capacity)
        return VYRE_ERR_INVALID_ARGUMENT;
    const uint32_t index = (header.cursor + age) % header.capacity;
    size_t offset;
    if (!find_record(size, index, &offset, diag))
        return VYRE_ERR_INVALID_DATA;
    return mk_replay_decode_record((const uint8_t *)image + offset, index, out, diag);
}

enum vyre_result vyre_replay_image_append(void *image, size_t size,
                                          const struct vyre_replay_record *record,
                                          const struct vyre_diag_sink *diag)
{
    if (!record)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct vyre_replay_header header;
    size_t offset;
    enum vyre_result result = vyre_replay_image_header(image, size, &header, diag);
    if (result != VYRE_OK)
        return result;
    if (!find_record(size, header.cursor, &offset, diag))
        return VYRE_ERR_INVALID_DATA;
    mk_replay_encode_record(record, (uint8_t *)image + offset);
    mk_replay_encode_cursor((header.cursor + 1) % header.capacity,
                            (uint8_t *)image + MK_REPLAY_CURSOR_OFFSET);
    return VYRE_OK;
}
