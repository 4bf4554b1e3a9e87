// SPDX-License-Identifier: MIT
// Publishing: items into slots, all or none, a slot's status last (spec: protocol.md, 1.10).
#include "megakernel/protocol/slot.h"

#include "words.h"

static void compose(struct vyre_slot *slot, uint32_t tenant, const struct vyre_slot_item *item)
{
    *slot = (struct vyre_slot){
        .status = VYRE_STATUS_PUBLISHED,
        .opcode = item->opcode,
        .tenant = tenant,
        .priority = VYRE_PRIORITY_NORMAL,
    };
    if (item->arg_count > 0)
        memcpy(slot->args, item->args, item->arg_count * sizeof *slot->args);
}

void mk_slot_write(uint32_t slot[VYRE_SLOT_WORDS], uint32_t tenant,
                   const struct vyre_slot_item *item)
{
    struct vyre_slot made;
    compose(&made, tenant, item);
    slot[VYRE_SLOT_OPCODE] = made.opcode;
    slot[VYRE_SLOT_TENANT] = made.tenant;
    slot[VYRE_SLOT_PRIORITY] = made.priority;
    memcpy(slot + VYRE_SLOT_ARG0, made.args, sizeof made.args);
    __atomic_store_n(&slot[VYRE_SLOT_STATUS], made.status, __ATOMIC_RELEASE);
}

// ---- Checks -------------------------------------------------------------------------------------

static enum vyre_result check_slots(const void *ring, size_t size, uint32_t first, uint64_t count,
                                    const struct vyre_diag_sink *diag)
{
    if ((!ring && size > 0) || !words_whole("ring", size, VYRE_SLOT_SIZE, diag))
        return VYRE_ERR_INVALID_ARGUMENT;
    const size_t slots = size / VYRE_SLOT_SIZE;
    if (first > slots || count > slots - first) {
        diag_report(diag, DIAG_P003, NULL, "the ring has %zu slots, not %llu from slot %u on",
                    slots, (unsigned long long)count, first);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    for (size_t i = first; i < first + count; i++) {
        const uint32_t status = word_get(ring, i * VYRE_SLOT_WORDS + VYRE_SLOT_STATUS);
        if (status != VYRE_STATUS_EMPTY && status != VYRE_STATUS_DONE) {
            diag_report(diag, DIAG_P004, NULL, "slot %zu has status %u and cannot be published", i,
                        status);
            return VYRE_FULL;
        }
    }
    return VYRE_OK;
}

static enum vyre_result check_item(const struct vyre_slot_item *item,
                                   const struct vyre_diag_sink *diag)
{
    if (item->arg_count > VYRE_SLOT_ARGS || (item->arg_count > 0 && !item->args)) {
        diag_report(diag, DIAG_P005, NULL, "an item has %u arguments", item->arg_count);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    if (!(vyre_opcode_classify(item->opcode) & VYRE_OPCODE_MAY_PUBLISH)) {
        diag_report(diag, DIAG_P006, NULL, "opcode 0x%x is reserved", item->opcode);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    return VYRE_OK;
}

static enum vyre_result check_items(const struct vyre_slot_item *items, size_t count,
                                    const struct vyre_diag_sink *diag)
{
    if (count > 0 && !items)
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = VYRE_OK;
    for (size_t i = 0; result == VYRE_OK && i < count; i++)
        result = check_item(&items[i], diag);
    return result;
}

// ---- Writing ------------------------------------------------------------------------------------

// Everything was checked: this cannot fail.
static void write_item(void *ring, size_t size, size_t slot, uint32_t tenant,
                       const struct vyre_slot_item *item)
{
    struct vyre_slot made;
    compose(&made, tenant, item);
    enum vyre_result result = vyre_slot_write(ring, size, (uint32_t)slot, &made, NULL);
    (void)result;
}

enum vyre_result vyre_slot_publish(void *ring, size_t size, uint32_t first, uint32_t tenant,
                                   const struct vyre_slot_item *items, size_t count,
                                   const struct vyre_diag_sink *diag)
{
    enum vyre_result result = check_items(items, count, diag);
    if (result == VYRE_OK)
        result = check_slots(ring, size, first, count, diag);
    for (size_t i = 0; result == VYRE_OK && i < count; i++)
        write_item(ring, size, first + i, tenant, &items[i]);
    return result;
}

enum vyre_result vyre_slot_publish_batch(void *ring, size_t size, uint32_t first, uint32_t tenant,
                                         const struct vyre_slot_item *items, size_t count,
                                         uint32_t tag, const struct vyre_diag_sink *diag)
{
    enum vyre_result result = check_items(items, count, diag);
    if (result == VYRE_OK)
        result = check_slots(ring, size, first, (uint64_t)count + 1, diag);
    if (result != VYRE_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        write_item(ring, size, first + i, tenant, &items[i]);
    const uint32_t args[] = { (uint32_t)count, tag };
    write_item(ring, size, first + count, tenant,
               &(struct vyre_slot_item){ VYRE_OPCODE_BATCH_FENCE, 2, args });
    return VYRE_OK;
}

enum vyre_result vyre_slot_publish_window(void *ring, size_t size, uint32_t first, uint32_t tenant,
                                          const struct vyre_slot_window *window,
                                          const struct vyre_diag_sink *diag)
{
    enum { HEAD = 2 }; // ticket and class
    if (!window || (window->payload_count > 0 && !window->payloads) ||
        window->required_count > window->payload_count)
        return VYRE_ERR_INVALID_ARGUMENT;
    const struct vyre_slot_item bare = { .opcode = window->opcode };
    enum vyre_result result = check_item(&bare, diag);
    for (size_t i = 0; result == VYRE_OK && i < window->payload_count; i++) {
        const struct vyre_slot_payload *payload = &window->payloads[i];
        if (payload->count > VYRE_SLOT_ARGS - HEAD || (payload->count > 0 && !payload->words)) {
            diag_report(diag, DIAG_P005, NULL, "a payload has %u words", payload->count);
            result = VYRE_ERR_INVALID_ARGUMENT;
        }
    }
    if (result == VYRE_OK)
        result = check_slots(ring, size, first, window->payload_count, diag);
    for (size_t i = 0; result == VYRE_OK && i < window->payload_count; i++) {
        const struct vyre_slot_payload *payload = &window->payloads[i];
        uint32_t args[VYRE_SLOT_ARGS] = { window->ticket, i >= window->required_count };
        if (payload->count > 0)
            memcpy(args + HEAD, payload->words, payload->count * sizeof *args);
        write_item(ring, size, first + i, tenant,
                   &(struct vyre_slot_item){ window->opcode, HEAD + payload->count, args });
    }
    return result;
}
