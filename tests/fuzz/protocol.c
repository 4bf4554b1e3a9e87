// SPDX-License-Identifier: MIT
// Buffers of the protocol that nobody can vouch for: debug logs, io queues, images of replay logs,
// packed slots, rings. The first byte says which. What is read is in bounds and agrees with itself,
// and what is written leaves the rest alone.
#include "fuzz.h"

#include <string.h>

#include <vyre/io_queue.h>
#include <vyre/protocol.h>
#include <vyre/replay.h>

// A copy that may be written to, of exactly this size.
static uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    FUZZ_CHECK(copy);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

static void debug_log(const uint8_t *data, size_t size)
{
    enum { MOST = 64 };
    struct vyre_debug_record before[MOST], after[MOST];
    size_t count, again;
    uint32_t dropped, dropped_then;
    enum vyre_result result = vyre_debug_log_read(data, size, before, MOST, &count, &dropped, NULL);
    uint8_t *log = copy_of(data, size);
    const struct vyre_debug_record record = { 1, { 2, 3 }, 4 };
    const enum vyre_result appended = vyre_debug_log_append(log, size, &record, NULL);
    if (result == VYRE_OK) {
        const size_t room = (size / 4 - 1) / 4;
        FUZZ_CHECK(count <= room && count <= MOST &&
                   (dropped == 0 || room > MOST || count == room));
        FUZZ_CHECK(appended == VYRE_OK || appended == VYRE_FULL);
        // The cursor wraps, as the device's does, and a wrapped one is a cursor like any other.
        FUZZ_CHECK(vyre_debug_log_read(log, size, after, MOST, &again, &dropped_then, NULL) ==
                   VYRE_OK);
        FUZZ_CHECK(appended != VYRE_OK || again == MOST ||
                   (again == count + 1 && memcmp(&after[count], &record, sizeof record) == 0));
        FUZZ_CHECK(appended != VYRE_OK || memcmp(before, after, count * sizeof *before) == 0);
    } else {
        FUZZ_CHECK(result == VYRE_ERR_INVALID_DATA && appended == VYRE_ERR_INVALID_DATA);
        FUZZ_CHECK(count == 0 && dropped == 0);
    }
    free(log);
}

static bool same_request(const struct vyre_io_request *a, const struct vyre_io_request *b)
{
    return a->slot == b->slot && a->op == b->op && a->source == b->source &&
           a->destination == b->destination && a->offset == b->offset && a->bytes == b->bytes &&
           a->tag == b->tag;
}

static void io_queue(const uint8_t *data, size_t size)
{
    struct vyre_io_request polled[VYRE_IO_MAX_SLOTS], claimed[VYRE_IO_MAX_SLOTS];
    struct vyre_io_completion completions[VYRE_IO_MAX_SLOTS];
    size_t polled_count, claimed_count, left;
    const enum vyre_result result =
        vyre_io_queue_poll(data, size, polled, VYRE_IO_MAX_SLOTS, &polled_count, NULL);
    FUZZ_CHECK((result == VYRE_OK) == (size % 32 == 0 && size <= 2048));
    uint8_t *queue = copy_of(data, size);
    FUZZ_CHECK(vyre_io_queue_claim(queue, size, claimed, VYRE_IO_MAX_SLOTS, &claimed_count, NULL) ==
               result);
    FUZZ_CHECK(claimed_count == polled_count);
    for (size_t i = 0; i < claimed_count; i++) {
        FUZZ_CHECK(claimed[i].slot < size / 32 && claimed[i].status == VYRE_IO_CLAIMED);
        FUZZ_CHECK(polled[i].status == VYRE_IO_PUBLISHED && same_request(&polled[i], &claimed[i]));
        completions[i] = (struct vyre_io_completion){ claimed[i].slot, i % 2 == 0 };
    }
    FUZZ_CHECK(vyre_io_queue_claim(queue, size, claimed, VYRE_IO_MAX_SLOTS, &left, NULL) == result);
    FUZZ_CHECK(left == 0);
    FUZZ_CHECK(vyre_io_queue_complete(queue, size, completions, claimed_count, NULL) == result);
    if (claimed_count > 0)
        FUZZ_CHECK(vyre_io_queue_complete(queue, size, completions, 1, NULL) ==
                   VYRE_ERR_INVALID_ARGUMENT);
    for (size_t i = 0; result == VYRE_OK && i < size; i++) // only statuses change
        FUZZ_CHECK(queue[i] == data[i] || i % 32 / 4 == VYRE_IO_STATUS);
    free(queue);
}

static void replay_image(const uint8_t *data, size_t size)
{
    struct vyre_replay_header header;
    struct vyre_replay_record record;
    const enum vyre_result result = vyre_replay_image_header(data, size, &header, NULL);
    if (result != VYRE_OK) {
        FUZZ_CHECK(result == VYRE_ERR_INVALID_DATA && header.capacity == 0);
        return;
    }
    FUZZ_CHECK(header.capacity > 0 && header.capacity <= VYRE_REPLAY_MAX_CAPACITY);
    FUZZ_CHECK(header.cursor < header.capacity);
    for (uint32_t age = 0; age < header.capacity && age < 2000; age++) {
        const enum vyre_result read = vyre_replay_image_read(data, size, age, &record, NULL);
        FUZZ_CHECK(read == VYRE_OK || read == VYRE_MISS || read == VYRE_ERR_INVALID_DATA);
        FUZZ_CHECK(record.failure <= VYRE_REPLAY_UNCLASSIFIED);
    }
    uint8_t *image = copy_of(data, size);
    const struct vyre_replay_record newest = { .timestamp_ns = 77, .opcode = 5 };
    if (vyre_replay_image_append(image, size, &newest, NULL) == VYRE_OK) {
        FUZZ_CHECK(vyre_replay_image_read(image, size, header.capacity - 1, &record, NULL) ==
                   VYRE_OK);
        FUZZ_CHECK(record.timestamp_ns == 77 && record.opcode == 5 && record.status == 0);
    } else {
        FUZZ_CHECK(memcmp(image, data, size) == 0);
    }
    free(image);
}

static void packed_slot(const uint8_t *data, size_t size)
{
    uint32_t args[VYRE_SLOT_ARGS] = { 0 }, again[VYRE_SLOT_ARGS];
    struct vyre_packed_op ops[VYRE_PACKED_MAX], back[VYRE_PACKED_MAX];
    size_t count, back_count;
    if (size > 0)
        memcpy(args, data, size < sizeof args ? size : sizeof args);
    if (vyre_packed_decode(args, ops, &count, NULL) != VYRE_OK) {
        FUZZ_CHECK(count == 0);
        return;
    }
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(ops[i].args >= args && ops[i].args + ops[i].arg_count <= args + VYRE_SLOT_ARGS);
    FUZZ_CHECK(vyre_packed_encode(ops, count, again, NULL) == VYRE_OK);
    FUZZ_CHECK(vyre_packed_decode(again, back, &back_count, NULL) == VYRE_OK);
    FUZZ_CHECK(back_count == count);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(back[i].opcode == ops[i].opcode && back[i].arg_count == ops[i].arg_count &&
                   memcmp(back[i].args, ops[i].args, ops[i].arg_count * sizeof *args) == 0);
}

static void ring(const uint8_t *data, size_t size)
{
    const uint32_t words[VYRE_SLOT_ARGS + 1] = { 1, 2, 3 };
    const uint32_t first = size > 0 ? data[0] % 5 : 0;
    const struct vyre_slot_item items[] = { { size > 1 ? data[1] : 0, first, words },
                                            { 9, size > 2 ? data[2] % 14 : 0, words } };
    uint8_t *copy = copy_of(data, size);
    const enum vyre_result result = vyre_slot_publish(copy, size, first, 3, items, 2, NULL);
    uint32_t previous;
    struct vyre_slot slot;
    FUZZ_CHECK(result == VYRE_OK || memcmp(copy, data, size) == 0);
    if (result == VYRE_OK) {
        FUZZ_CHECK(vyre_slot_read(copy, size, first + 1, &slot, NULL) == VYRE_OK);
        FUZZ_CHECK(slot.status == VYRE_STATUS_PUBLISHED && slot.opcode == 9 && slot.tenant == 3);
        FUZZ_CHECK(vyre_slot_publish(copy, size, first, 3, items, 1, NULL) == VYRE_FULL);
    }
    for (unsigned transition = 0; transition < 6; transition++) {
        const enum vyre_result moved = vyre_slot_transition(
            copy, size, first, (enum vyre_slot_transition)transition, &previous, NULL);
        FUZZ_CHECK(moved == VYRE_OK || moved == VYRE_ERR_INVALID_ARGUMENT);
        FUZZ_CHECK(moved != VYRE_OK || previous < 8);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(const uint8_t *data, size_t size) = {
        debug_log, io_queue, replay_image, packed_slot, ring,
    };
    // A copy of the exact size again: the first byte is not the buffer's.
    uint8_t *rest = size > 0 ? copy_of(data + 1, size - 1) : NULL;
    if (rest)
        targets[data[0] % (sizeof targets / sizeof *targets)](rest, size - 1);
    free(rest);
    return 0;
}
