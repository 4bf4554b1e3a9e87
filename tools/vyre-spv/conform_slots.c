// SPDX-License-Identifier: MIT
// Judges protocol records about slots: publishing, transitions, load misses, counting.
#include "conform_protocol.h"

#include <stdlib.h>
#include <string.h>

// ---- Rings --------------------------------------------------------------------------------------

struct ring {
    uint8_t *bytes; // owned
    size_t size;
};

// A ring of zeros: as many bytes as "ring_bytes" says, or slots as `key` says, or `slots` where the
// call has neither. False when it is none that would fit the memory of a test.
static bool ring_make(const struct protocol_call *call, const char *key, uint32_t slots,
                      struct ring *ring)
{
    uint32_t size;
    if (json_object_get(call->call, "ring_bytes")) {
        if (!protocol_u32(call, "ring_bytes", &size) || size > 1u << 26)
            return false;
        ring->size = size;
    } else {
        if (json_object_get(call->call, key) && !protocol_u32(call, key, &slots))
            return false;
        if (slots > VYRE_PROTOCOL_MAX_COUNT)
            return false;
        ring->size = (size_t)slots * VYRE_SLOT_SIZE;
    }
    ring->bytes = tool_calloc(ring->size + 1, 1);
    return true;
}

// The ring, or that the call was refused; frees the ring.
static json_t *ring_answer(const struct protocol_call *call, struct ring *ring,
                           enum vyre_result result)
{
    json_t *answer = result ? protocol_refused() : protocol_bytes(call, ring->bytes, ring->size);
    free(ring->bytes);
    return answer;
}

// The same with the number of slots that were published.
static json_t *ring_published(const struct protocol_call *call, struct ring *ring,
                              enum vyre_result result, size_t count)
{
    json_t *bytes = ring_answer(call, ring, result);
    return result ? bytes : json_pack("{s:I, s:o}", "returned", (json_int_t)count, "ring", bytes);
}

// Gives slot `index` a status, with whatever else is in it.
static enum vyre_result set_status(struct ring *ring, uint32_t index, uint32_t status)
{
    struct vyre_slot slot;
    enum vyre_result result = vyre_slot_read(ring->bytes, ring->size, index, &slot, NULL);
    slot.status = status;
    return result ? result : vyre_slot_write(ring->bytes, ring->size, index, &slot, NULL);
}

// ---- Publishing ---------------------------------------------------------------------------------

json_t *protocol_publish_slot(struct protocol_call *call)
{
    struct protocol_words args;
    struct vyre_slot_item item = { .opcode = 0 };
    struct ring ring;
    uint32_t slot, tenant, status;
    enum vyre_result result = VYRE_OK;
    if (!protocol_u32(call, "slot", &slot) || !protocol_u32(call, "tenant", &tenant) ||
        !protocol_u32(call, "opcode", &item.opcode) || !ring_make(call, "ring_slots", 1, &ring))
        return NULL;
    if (!protocol_words(json_object_get(call->call, "args"), &args)) {
        free(ring.bytes);
        return NULL;
    }
    item.args = args.items;
    item.arg_count = (uint32_t)args.count;
    if (protocol_u32(call, "status_before", &status))
        result = set_status(&ring, slot, status);
    if (!result)
        result = vyre_slot_publish(ring.bytes, ring.size, slot, tenant, &item, 1, NULL);
    protocol_words_fini(&args);
    return ring_answer(call, &ring, result);
}

// Items as [opcode, [arguments...]].
struct items {
    struct vyre_slot_item *items;
    struct protocol_words *args;
    size_t count;
};

static void items_fini(struct items *items)
{
    for (size_t i = 0; i < items->count; i++)
        protocol_words_fini(&items->args[i]);
    free(items->args);
    free(items->items);
}

static bool items_read(const json_t *array, struct items *out)
{
    const size_t count = json_array_size(array);
    *out = (struct items){ tool_calloc(count + 1, sizeof *out->items),
                           tool_calloc(count + 1, sizeof *out->args), count };
    bool good = json_is_array(array);
    for (size_t i = 0; good && i < count; i++) {
        const json_t *item = json_array_get(array, i);
        uint32_t opcode;
        good = protocol_as_u32(json_array_get(item, 0), &opcode) &&
               protocol_words(json_array_get(item, 1), &out->args[i]);
        out->items[i] =
            (struct vyre_slot_item){ opcode, (uint32_t)out->args[i].count, out->args[i].items };
    }
    if (!good)
        items_fini(out);
    return good;
}

json_t *protocol_batch_publish(struct protocol_call *call)
{
    struct items items;
    struct ring ring;
    uint32_t start, tenant, tag;
    if (!protocol_u32(call, "start", &start) || !protocol_u32(call, "tenant", &tenant) ||
        !protocol_u32(call, "fence_tag", &tag) ||
        !items_read(json_object_get(call->call, "items"), &items))
        return NULL;
    if (!ring_make(call, "ring_slots", 1, &ring)) {
        items_fini(&items);
        return NULL;
    }
    const size_t count = items.count + 1;
    const enum vyre_result result = vyre_slot_publish_batch(ring.bytes, ring.size, start, tenant,
                                                            items.items, items.count, tag, NULL);
    items_fini(&items);
    return ring_published(call, &ring, result, count);
}

json_t *protocol_publish_packed(struct protocol_call *call)
{
    struct items items;
    struct ring ring;
    uint32_t slot, tenant, args[VYRE_SLOT_ARGS];
    if (!protocol_u32(call, "slot", &slot) || !protocol_u32(call, "tenant", &tenant) ||
        !items_read(json_object_get(call->call, "ops"), &items))
        return NULL;
    struct vyre_packed_op *ops = tool_calloc(items.count + 1, sizeof *ops);
    bool good = ring_make(call, "ring_slots", 1, &ring);
    for (size_t i = 0; i < items.count; i++) {
        const struct vyre_slot_item *item = &items.items[i];
        good = good && item->opcode <= UINT8_MAX && item->arg_count <= UINT8_MAX;
        ops[i] =
            (struct vyre_packed_op){ (uint8_t)item->opcode, (uint8_t)item->arg_count, item->args };
    }
    json_t *answer = NULL;
    if (good) {
        enum vyre_result result = vyre_packed_encode(ops, items.count, args, NULL);
        const struct vyre_slot_item item = { VYRE_OPCODE_PACKED_SLOT, VYRE_SLOT_ARGS, args };
        if (!result)
            result = vyre_slot_publish(ring.bytes, ring.size, slot, tenant, &item, 1, NULL);
        answer = ring_answer(call, &ring, result);
    }
    free(ops);
    items_fini(&items);
    return answer;
}

// Payloads as lists of words.
static bool payloads_read(const json_t *array, struct vyre_slot_payload *out,
                          struct protocol_words *words)
{
    bool good = json_is_array(array);
    for (size_t i = 0; good && i < json_array_size(array); i++) {
        good = protocol_words(json_array_get(array, i), &words[i]);
        out[i] = (struct vyre_slot_payload){ words[i].items, (uint32_t)words[i].count };
    }
    return good;
}

json_t *protocol_window(struct protocol_call *call)
{
    const json_t *required = json_object_get(call->call, "required");
    const json_t *lookahead = json_object_get(call->call, "lookahead");
    struct vyre_slot_window window = {
        .payload_count = json_array_size(required) + json_array_size(lookahead),
        .required_count = json_array_size(required),
    };
    struct ring ring;
    uint32_t start, tenant;
    if (!protocol_u32(call, "start", &start) || !protocol_u32(call, "tenant", &tenant) ||
        !protocol_u32(call, "opcode", &window.opcode) ||
        !protocol_u32(call, "ticket", &window.ticket))
        return NULL;
    struct vyre_slot_payload *payloads = tool_calloc(window.payload_count + 1, sizeof *payloads);
    struct protocol_words *words = tool_calloc(window.payload_count + 1, sizeof *words);
    window.payloads = payloads;
    json_t *answer = NULL;
    if (payloads_read(required, payloads, words) &&
        payloads_read(lookahead, payloads + window.required_count, words + window.required_count) &&
        ring_make(call, "ring_slots", 4, &ring)) {
        const enum vyre_result result =
            vyre_slot_publish_window(ring.bytes, ring.size, start, tenant, &window, NULL);
        answer = ring_published(call, &ring, result, window.payload_count);
    }
    for (size_t i = 0; i < window.payload_count; i++)
        protocol_words_fini(&words[i]);
    free(words);
    free(payloads);
    return answer;
}

// Items as [opcode, three arguments]: into an empty ring of "slots", or into one of "ring_slots"
// from "start" on.
json_t *protocol_work_items(struct protocol_call *call)
{
    enum { WORDS = 4 };
    const json_t *array = json_object_get(call->call, "items");
    const size_t count = json_array_size(array);
    const bool whole = json_object_get(call->call, "slots") != NULL;
    struct ring ring;
    uint32_t tenant, start = 0;
    if (!json_is_array(array) || !protocol_u32(call, "tenant", &tenant) ||
        (!whole && !protocol_u32(call, "start", &start)) ||
        !ring_make(call, whole ? "slots" : "ring_slots", 0, &ring))
        return NULL;
    struct protocol_words *words = tool_calloc(count + 1, sizeof *words);
    struct vyre_slot_item *items = tool_calloc(count + 1, sizeof *items);
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        good = protocol_words(json_array_get(array, i), &words[i]) && words[i].count == WORDS;
        if (good)
            items[i] = (struct vyre_slot_item){ words[i].items[0], WORDS - 1, words[i].items + 1 };
    }
    json_t *answer = NULL;
    if (good) {
        const enum vyre_result result =
            vyre_slot_publish(ring.bytes, ring.size, start, tenant, items, count, NULL);
        answer =
            whole ? ring_answer(call, &ring, result) : ring_published(call, &ring, result, count);
    } else {
        free(ring.bytes);
    }
    for (size_t i = 0; i < count; i++)
        protocol_words_fini(&words[i]);
    free(items);
    free(words);
    return answer;
}

// ---- Status -------------------------------------------------------------------------------------

json_t *protocol_transition(struct protocol_call *call)
{
    static const char *const names[] = {
        [VYRE_TRANSITION_PUBLISH] = "publish", [VYRE_TRANSITION_CLAIM] = "claim",
        [VYRE_TRANSITION_DONE] = "done",       [VYRE_TRANSITION_FAULT] = "fault",
        [VYRE_TRANSITION_CANCEL] = "cancel",
    };
    const char *name = json_string_value(json_object_get(call->call, "transition"));
    unsigned transition = 0;
    uint32_t status, slot = 0, previous;
    struct ring ring;
    struct vyre_slot after;
    while (name && transition < sizeof names / sizeof names[0] &&
           strcmp(name, names[transition]) != 0)
        transition++;
    if (!name || transition == sizeof names / sizeof names[0] ||
        !protocol_u32(call, "status_before", &status) ||
        (json_object_get(call->call, "slot") && !protocol_u32(call, "slot", &slot)) ||
        !ring_make(call, "ring_slots", 1, &ring))
        return NULL;
    enum vyre_result result = set_status(&ring, slot, status);
    if (!result)
        result = vyre_slot_transition(ring.bytes, ring.size, slot,
                                      (enum vyre_slot_transition)transition, &previous, NULL);
    if (!result)
        result = vyre_slot_read(ring.bytes, ring.size, slot, &after, NULL);
    free(ring.bytes);
    return result ? protocol_refused()
                  : json_pack("{s:I, s:I}", "returned", (json_int_t)previous, "status_after",
                              (json_int_t)after.status);
}

json_t *protocol_count_done(struct protocol_call *call)
{
    struct tool_bytes ring;
    uint32_t items, done;
    if (!protocol_u32(call, "items", &items) ||
        !conform_hex(json_object_get(call->call, "ring"), &ring))
        return NULL;
    const enum vyre_result result = vyre_slot_count_done(ring.data, ring.size, items, &done, NULL);
    tool_bytes_fini(&ring);
    // The lossy reader does not tell that none were asked for from that it cannot count.
    return json_pack("{s:o, s:o}", "strict", protocol_number(result, done), "lossy",
                     items > 0 ? protocol_number(result, done) : json_null());
}

// ---- Load misses --------------------------------------------------------------------------------

// What a slot of a ring that holds one says; null where that is no load miss.
static json_t *load_miss_of(const struct vyre_slot *slot, uint32_t index)
{
    uint8_t ring[VYRE_SLOT_SIZE] = { 0 };
    struct vyre_slot back;
    uint32_t resource;
    bool prefetch;
    if (vyre_slot_write(ring, sizeof ring, 0, slot, NULL) ||
        vyre_slot_read(ring, sizeof ring, index, &back, NULL) ||
        vyre_load_miss_decode(&back, &resource, &prefetch))
        return json_null();
    return json_pack("[I, b]", (json_int_t)resource, prefetch);
}

json_t *protocol_load_miss(struct protocol_call *call)
{
    const char *note = json_string_value(json_object_get(call->call, "note"));
    struct vyre_slot slot = { .status = VYRE_STATUS_PUBLISHED };
    uint32_t resource, index;
    bool prefetch;
    if (protocol_u32(call, "resource", &resource) && protocol_bool(call, "prefetch", &prefetch)) {
        uint8_t image[VYRE_SLOT_SIZE];
        vyre_load_miss_encode(resource, prefetch, &slot);
        if (vyre_slot_write(image, sizeof image, 0, &slot, NULL))
            return protocol_refused();
        return json_pack("{s:o, s:o}", "slot", protocol_hex(image, sizeof image), "decoded",
                         load_miss_of(&slot, 0));
    }
    if (note && sscanf(note, "slot holds opcode %u", &slot.opcode) == 1)
        return load_miss_of(&slot, 0);
    vyre_load_miss_encode(1, true, &slot);
    return protocol_u32(call, "slot", &index) ? load_miss_of(&slot, index) : NULL;
}
