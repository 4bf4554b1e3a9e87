// SPDX-License-Identifier: MIT
// Judges protocol records about debug logs, io queues, replay logs and the original's cache.
#include "conform_protocol.h"

#include <stdlib.h>
#include <string.h>

// ---- Debug log ----------------------------------------------------------------------------------

json_t *protocol_debug_log(struct protocol_call *call)
{
    struct tool_bytes log;
    size_t count;
    uint32_t dropped;
    if (!conform_hex(json_object_get(call->call, "bytes"), &log))
        return NULL;
    const size_t most = log.size / (4 * (size_t)VYRE_DEBUG_RECORD_WORDS);
    struct vyre_debug_record *records = tool_calloc(most + 1, sizeof *records);
    const enum vyre_result result =
        vyre_debug_log_read(log.data, log.size, records, most, &count, &dropped, NULL);
    // The original shows nothing of a log that was full.
    const bool readable = !result && dropped == 0;
    json_t *list = json_array();
    for (size_t i = 0; readable && i < count; i++)
        json_array_append_new(list, json_pack("[I, I, I, I]", (json_int_t)records[i].format,
                                              (json_int_t)records[i].args[0],
                                              (json_int_t)records[i].args[1],
                                              (json_int_t)records[i].slot_word));
    free(records);
    tool_bytes_fini(&log);
    return json_pack("{s:o, s:o}", "strict", readable ? json_copy(list) : json_null(), "lossy",
                     list);
}

// ---- Io queue -----------------------------------------------------------------------------------

static json_t *requests_answer(const struct vyre_io_request *requests, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list,
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "slot", (json_int_t)requests[i].slot,
                      "op", (json_int_t)requests[i].op, "src", (json_int_t)requests[i].source,
                      "dst", (json_int_t)requests[i].destination, "offset",
                      (json_int_t)requests[i].offset, "bytes", (json_int_t)requests[i].bytes, "tag",
                      (json_int_t)requests[i].tag));
    return list;
}

static void put_word(uint8_t *bytes, size_t word, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        bytes[4 * word + i] = (uint8_t)(value >> 8 * i);
}

// Polls, claims, and completes slot 0, whose status the call gives; every other slot is PUBLISHED.
// The record does not hold the queue itself, but what claiming leaves of it, which differs from it
// in statuses only.
static json_t *io_steps(struct protocol_call *call, uint32_t status)
{
    struct tool_bytes queue;
    struct vyre_io_request polled[VYRE_IO_MAX_SLOTS], claimed[VYRE_IO_MAX_SLOTS];
    size_t polled_count, claimed_count;
    if (!conform_hex(json_object_get(call->expected, "queue_after_claim"), &queue))
        return NULL;
    for (size_t slot = 0; slot < queue.size / VYRE_IO_SLOT_SIZE; slot++)
        put_word((uint8_t *)queue.data, slot * VYRE_IO_SLOT_WORDS + VYRE_IO_STATUS,
                 slot == 0 ? status : VYRE_IO_PUBLISHED);
    json_t *answer = json_object();
    enum vyre_result result =
        vyre_io_queue_poll(queue.data, queue.size, polled, VYRE_IO_MAX_SLOTS, &polled_count, NULL);
    json_object_set_new(answer, "polled",
                        result ? json_null() : requests_answer(polled, polled_count));
    result = vyre_io_queue_claim(queue.data, queue.size, claimed, VYRE_IO_MAX_SLOTS, &claimed_count,
                                 NULL);
    json_object_set_new(answer, "claim_ok", json_boolean(!result));
    json_object_set_new(answer, "claimed", requests_answer(claimed, claimed_count));
    json_object_set_new(answer, "queue_after_claim", protocol_hex(queue.data, queue.size));
    result = vyre_io_queue_complete(queue.data, queue.size,
                                    &(struct vyre_io_completion){ .slot = 0, .ok = true }, 1, NULL);
    json_object_set_new(answer, "complete_ok", json_boolean(!result));
    json_object_set_new(answer, "queue_after_complete", protocol_hex(queue.data, queue.size));
    tool_bytes_fini(&queue);
    return answer;
}

json_t *protocol_io_queue(struct protocol_call *call)
{
    uint8_t queue[VYRE_IO_MAX_SLOTS * VYRE_IO_SLOT_SIZE];
    struct vyre_io_request request = { .op = VYRE_IO_OP_READ };
    uint32_t slots, status;
    uint64_t size;
    if (protocol_u32(call, "slot_status", &status))
        return io_steps(call, status);
    if (!protocol_u32(call, "slots", &slots))
        return NULL;
    if (vyre_protocol_size(VYRE_PROTOCOL_IO_QUEUE, slots, &size) ||
        vyre_protocol_encode_empty(VYRE_PROTOCOL_IO_QUEUE, slots, queue, (size_t)size, NULL))
        return protocol_refused();
    if (!protocol_u32(call, "slot", &request.slot))
        return json_pack("{s:I, s:I}", "slots", (json_int_t)slots, "len", (json_int_t)size);
    if (!protocol_u32(call, "dst", &request.destination) ||
        !protocol_u32(call, "bytes", &request.bytes) || !protocol_u32(call, "tag", &request.tag))
        return NULL;
    const enum vyre_result result = vyre_io_queue_publish(queue, (size_t)size, &request, NULL);
    return result ? protocol_refused() : protocol_hex(queue, (size_t)size);
}

// ---- Replay log ---------------------------------------------------------------------------------

// What the records of the corpus append, as they describe it.
static const char appended[] = "timestamp 1000+k, slot k, tenant 2k, opcode 0x100+k, args "
                               "[k,k+1,k+2,k+3], epoch 7";

static enum vyre_result append(uint8_t *image, size_t size, uint32_t records)
{
    enum vyre_result result = VYRE_OK;
    for (uint32_t k = 0; !result && k < records; k++) {
        const struct vyre_replay_record record = {
            .timestamp_ns = 1000u + k,
            .slot = k,
            .tenant = 2 * k,
            .opcode = 0x100 + k,
            .args = { k, k + 1, k + 2, k + 3 },
            .epoch = 7,
        };
        result = vyre_replay_image_append(image, size, &record, NULL);
    }
    return result;
}

// Timestamps of all records, oldest first; NULL when one cannot be read.
static json_t *timestamps(const void *image, size_t size, uint32_t capacity)
{
    json_t *list = json_array();
    for (uint32_t age = 0; age < capacity; age++) {
        struct vyre_replay_record record;
        const enum vyre_result result = vyre_replay_image_read(image, size, age, &record, NULL);
        if (result < 0) {
            json_decref(list);
            return NULL;
        }
        if (result == VYRE_OK)
            json_array_append_new(list, json_integer((json_int_t)record.timestamp_ns));
    }
    return list;
}

// Leaves the fields of the answer that the record has.
static json_t *as_expected(const struct protocol_call *call, json_t *answer)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(answer, next, key, value)
    {
        if (!json_object_get(call->expected, key))
            json_object_del(answer, key);
    }
    return answer;
}

static json_t *replay_written(struct protocol_call *call, uint32_t capacity)
{
    const char *slot = json_string_value(json_object_get(call->call, "slot"));
    uint32_t records;
    size_t size;
    struct vyre_replay_header header = { .capacity = 0 };
    if (!protocol_u32(call, "append", &records) || records > VYRE_REPLAY_MAX_CAPACITY || !slot ||
        strcmp(slot, appended) != 0)
        return NULL;
    if (vyre_replay_size(capacity, &size))
        return protocol_refused();
    uint8_t *image = tool_calloc(size, 1);
    enum vyre_result result = vyre_replay_image_init(image, size, capacity, NULL);
    if (!result)
        result = append(image, size, records);
    if (!result)
        result = vyre_replay_image_header(image, size, &header, NULL);
    json_t *list = result ? NULL : timestamps(image, size, header.capacity);
    json_t *answer = protocol_refused();
    if (list) {
        json_decref(answer);
        answer = json_pack("{s:I, s:I, s:I, s:o, s:o}", "capacity", (json_int_t)header.capacity,
                           "cursor", (json_int_t)header.cursor, "file_len", (json_int_t)size,
                           "file", protocol_hex(image, size), "replayed_timestamps", list);
        as_expected(call, answer);
    }
    free(image);
    return answer;
}

// A file as it is, or the first bytes of one, is opened and read.
json_t *protocol_replay(struct protocol_call *call)
{
    struct tool_bytes file;
    struct vyre_replay_header header;
    uint32_t capacity, prefix;
    if (protocol_u32(call, "capacity", &capacity))
        return replay_written(call, capacity);
    const bool cut = protocol_u32(call, "file_prefix", &prefix);
    if (!protocol_u32(call, "open_capacity", &capacity) ||
        !conform_hex(json_object_get(call->call, cut ? "of" : "file"), &file))
        return NULL;
    const size_t size = cut && prefix < file.size ? prefix : file.size;
    json_t *answer = protocol_refused();
    if (!vyre_replay_image_header(file.data, size, &header, NULL)) {
        json_t *list = timestamps(file.data, size, header.capacity);
        json_t *count = list ? json_integer((json_int_t)json_array_size(list)) : protocol_refused();
        json_decref(list);
        json_decref(answer);
        answer = json_pack("{s:I, s:I, s:o}", "capacity", (json_int_t)header.capacity, "cursor",
                           (json_int_t)header.cursor, "replay", count);
        as_expected(call, answer);
    }
    tool_bytes_fini(&file);
    return answer;
}

// ---- Cache --------------------------------------------------------------------------------------

static bool fingerprint_of(const json_t *wire, uint8_t out[VYRE_FINGERPRINT_SIZE])
{
    struct tool_bytes bytes;
    struct vyre_program *program = NULL;
    if (!conform_hex(wire, &bytes))
        return false;
    const bool good = !vyre_program_decode(bytes.data, bytes.size, NULL, &program) &&
                      !vyre_program_fingerprint(program, NULL, out);
    vyre_program_destroy(&program);
    tool_bytes_fini(&bytes);
    return good;
}

// One entry is put and taken again.
static json_t *cache_files(const uint8_t fingerprint[VYRE_FINGERPRINT_SIZE],
                           const struct tool_bytes *payload)
{
    const size_t size = payload->size + VYRE_BLOB_HASH_SIZE;
    uint8_t *blob = tool_calloc(size, 1);
    char name[69];
    size_t found = 0;
    vyre_blob_name(fingerprint, name);
    json_t *answer = protocol_refused();
    if (!vyre_blob_encode(payload->data, payload->size, blob, NULL)) {
        const enum vyre_result result = vyre_blob_decode(blob, size, &found, NULL);
        json_decref(answer);
        answer = json_pack("{s:[{s:o, s:s}], s:o}", "files", "bytes", protocol_hex(blob, size),
                           "path", name, "get", result ? json_null() : protocol_hex(blob, found));
    }
    free(blob);
    return answer;
}

json_t *protocol_cache(struct protocol_call *call)
{
    const json_t *text = json_object_get(call->call, "payload");
    uint8_t fingerprint[VYRE_FINGERPRINT_SIZE];
    struct tool_bytes payload;
    if (!json_is_string(json_object_get(call->call, "program")))
        return NULL;
    call->lacks_program = !json_is_string(call->wire);
    if (call->lacks_program || !fingerprint_of(call->wire, fingerprint))
        return NULL;
    if (!text) // the key of the cache is the program's fingerprint
        return json_pack("{s:o, s:b}", "hex", protocol_hex(fingerprint, sizeof fingerprint),
                         "equals_program_fingerprint", 1);
    if (!conform_hex(text, &payload))
        return NULL;
    json_t *answer = cache_files(fingerprint, &payload);
    tool_bytes_fini(&payload);
    return answer;
}
