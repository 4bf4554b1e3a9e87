// SPDX-License-Identifier: MIT
#include "fault.h"

#include "base/memory.h"
#include "base/report.h"
#include "ir/place.h"
#include "ir/tables.h"

#include <stdio.h>
#include <string.h>

// ---- Meaning ------------------------------------------------------------------------------------

static bool is_of(const struct ir_node *node, enum vyre_fault_kind fault)
{
    switch (fault) {
    case VYRE_FAULT_TRAP: return node->kind == IR_NODE_TRAP;
    case VYRE_FAULT_LOOP_LIMIT: return node->kind == IR_NODE_LOOP;
    case VYRE_FAULT_COPY_LIMIT:
        return node->kind == IR_NODE_ASYNC_LOAD || node->kind == IR_NODE_ASYNC_STORE;
    case VYRE_FAULT_UNDEFINED:
        return node->kind == IR_NODE_RESUME || node->kind == IR_NODE_INDIRECT_DISPATCH;
    default: return false;
    }
}

// Finds statement `*number` of those that may fault so, counted in program order as the compiler
// counts; counts *number down on the way.
static const struct ir_node *find_node(const struct ir_body *body, enum vyre_fault_kind fault,
                                       uint32_t *number)
{
    const struct ir_node *found = NULL;
    for (uint32_t i = 0; !found && i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (is_of(node, fault) && (*number)-- == 0)
            return node;
        found = find_node(&node->body, fault, number);
        if (!found)
            found = find_node(&node->otherwise, fault, number);
    }
    return found;
}

struct fault {
    enum vyre_fault_kind kind;
    uint32_t number;            // of the statement
    const struct ir_node *node; // NULL: the program has none of that number
    const char *name;
    const uint32_t *record;
    char where[40];
};

// A loop or a copy that was cut short.
static void report_limit(const struct fault *fault, const struct diag_place *place,
                         uint32_t driver_limit, const struct vyre_diag_sink *diag)
{
    char own[200];
    const char *fix = diag_code_fix(DIAG_K008);
    if (driver_limit) {
        snprintf(own, sizeof own,
                 "this driver ends the loops of an invocation after %u passes, whatever the loop "
                 "budget: let more invocations or dispatches do less each; the outputs are not to "
                 "be used",
                 driver_limit);
        fix = own;
    }
    if (fault->kind == VYRE_FAULT_COPY_LIMIT)
        diag_report_fix(diag, DIAG_K008, place, fix,
                        "copy %u with tag '%s' did not end: it had made %u words%s", fault->number,
                        fault->name, fault->record[2], fault->where);
    else
        diag_report_fix(diag, DIAG_K008, place, fix,
                        "loop %u over '%s' did not end: its counter was %u%s", fault->number,
                        fault->name, fault->record[2], fault->where);
}

static void report(const struct fault *fault, const struct diag_place *place, uint32_t driver_limit,
                   const struct vyre_diag_sink *diag)
{
    switch (fault->kind) {
    case VYRE_FAULT_CONTENTION:
        diag_report(diag, DIAG_K012, NULL, "an atomic_nand of element %u never came through%s",
                    fault->record[1], fault->where);
        break;
    case VYRE_FAULT_UNDEFINED:
        diag_report(diag, DIAG_K011, place, "%s '%s' was reached%s",
                    fault->node ? ir_node_info(fault->node->kind)->name : "a statement",
                    fault->name, fault->where);
        break;
    case VYRE_FAULT_TRAP:
        diag_report(diag, DIAG_K007, place, "trap '%s' with address %u%s", fault->name,
                    fault->record[1], fault->where);
        break;
    default: report_limit(fault, place, driver_limit, diag); break;
    }
}

enum vyre_result kernel_fault_report(const struct vyre_program *program, const uint32_t record[4],
                                     bool linear, uint32_t driver_limit,
                                     const struct vyre_diag_sink *diag)
{
    if (record[0] == VYRE_FAULT_NONE)
        return VYRE_OK;
    if (record[0] > VYRE_FAULT_CONTENTION) {
        diag_report(diag, DIAG_K010, NULL, "a fault record of kind %u, with %u and %u", record[0],
                    record[1], record[2]);
        return VYRE_ERR_FAULT;
    }
    struct fault fault = { .kind = (enum vyre_fault_kind)record[0], .record = record };
    if (linear)
        snprintf(fault.where, sizeof fault.where, " in workgroup %u", record[3]);
    fault.number = fault.kind == VYRE_FAULT_TRAP ? record[2] : record[1];
    uint32_t left = fault.number;
    const struct ir_node *node = find_node(&program->entry, fault.kind, &left);
    const ir_name said = !node ? 0 : fault.kind == VYRE_FAULT_COPY_LIMIT ? node->tag : node->name;
    fault.node = node;
    fault.name = node ? ir_name_text(program, said).text : "?";
    struct diag_place place = ir_place(program, node ? node->pos : (struct ir_pos){ 0, 0 });
    char path[1024];
    if (node && ir_node_path(program, node, path, sizeof path))
        place.path = path;
    report(&fault, &place, driver_limit, diag);
    return VYRE_ERR_FAULT;
}

// ---- Records ------------------------------------------------------------------------------------

enum {
    SLOTS = 64,
    SLOT_STRIDE = 256, // the largest offset alignment that a device may ask for
};

struct kernel_fault_block {
    struct kernel_fault_block *next;
    struct vyre_buffer *buffer; // owned
    uint8_t *host;
    struct {
        bool held;
        uint64_t point;
    } slots[SLOTS];
};

enum vyre_result kernel_faults_init(struct kernel_faults *faults, struct vyre_device *device)
{
    *faults = (struct kernel_faults){ .device = device };
    return pthread_mutex_init(&faults->lock, NULL) ? VYRE_ERR_NO_MEMORY : VYRE_OK;
}

void kernel_faults_fini(struct kernel_faults *faults)
{
    while (faults->blocks) {
        struct kernel_fault_block *block = faults->blocks;
        faults->blocks = block->next;
        vyre_buffer_destroy(&block->buffer);
        memory_free(block);
    }
    pthread_mutex_destroy(&faults->lock);
}

// Takes a record that is free for certain. Otherwise *oldest is the first submission that may free
// one, 0 when there is none.
static bool take_free(struct kernel_faults *faults, struct kernel_fault_slot *out, uint64_t *oldest)
{
    *oldest = 0;
    for (struct kernel_fault_block *block = faults->blocks; block; block = block->next) {
        for (unsigned i = 0; i < SLOTS; i++) {
            uint64_t point = block->slots[i].point;
            if (block->slots[i].held)
                continue;
            if (point <= faults->completed) {
                block->slots[i].held = true;
                *out = (struct kernel_fault_slot){ block, i };
                return true;
            }
            if (*oldest == 0 || point < *oldest)
                *oldest = point;
        }
    }
    return false;
}

static enum vyre_result make_block(struct kernel_faults *faults, const struct vyre_diag_sink *diag,
                                   struct kernel_fault_block **out)
{
    struct kernel_fault_block *block = memory_calloc(1, sizeof *block);
    if (!block)
        return VYRE_ERR_NO_MEMORY;
    void *host = NULL;
    enum vyre_result result = vyre_buffer_create(
        faults->device, vyre_buffer_params(.size = SLOTS * SLOT_STRIDE, .diag = diag),
        &block->buffer);
    if (!result)
        result = vyre_buffer_map(block->buffer, &host);
    if (result) {
        vyre_buffer_destroy(&block->buffer);
        memory_free(block);
        return result;
    }
    block->host = host;
    *out = block;
    return VYRE_OK;
}

static uint8_t *record_of(const struct kernel_fault_slot *slot)
{
    return slot->block->host + (size_t)slot->index * SLOT_STRIDE;
}

enum vyre_result kernel_faults_take(struct kernel_faults *faults, const struct vyre_diag_sink *diag,
                                    struct kernel_fault_slot *out)
{
    uint64_t oldest = 0;
    pthread_mutex_lock(&faults->lock);
    bool taken = take_free(faults, out, &oldest);
    pthread_mutex_unlock(&faults->lock);
    // The device is asked outside the lock: it may call the log.
    if (!taken && oldest && vk_wait(faults->device, oldest, 0) == VYRE_OK) {
        pthread_mutex_lock(&faults->lock);
        if (faults->completed < oldest)
            faults->completed = oldest;
        taken = take_free(faults, out, &oldest);
        pthread_mutex_unlock(&faults->lock);
    }
    if (!taken) {
        struct kernel_fault_block *block = NULL;
        enum vyre_result result = make_block(faults, diag, &block);
        if (result)
            return result;
        block->slots[0].held = true;
        *out = (struct kernel_fault_slot){ block, 0 };
        pthread_mutex_lock(&faults->lock);
        block->next = faults->blocks;
        faults->blocks = block;
        pthread_mutex_unlock(&faults->lock);
    }
    memset(record_of(out), 0, KERNEL_FAULT_BYTES);
    return VYRE_OK;
}

void kernel_faults_give(struct kernel_faults *faults, struct kernel_fault_slot *slot,
                        uint64_t point)
{
    if (!slot->block)
        return;
    pthread_mutex_lock(&faults->lock);
    slot->block->slots[slot->index].held = false;
    slot->block->slots[slot->index].point = point;
    pthread_mutex_unlock(&faults->lock);
    slot->block = NULL;
}

struct vk_range kernel_fault_range(const struct kernel_fault_slot *slot)
{
    return (struct vk_range){
        .buffer = slot->block->buffer,
        .offset = (uint64_t)slot->index * SLOT_STRIDE,
        .size = KERNEL_FAULT_BYTES,
    };
}

void kernel_fault_read(const struct kernel_fault_slot *slot, uint32_t record[4])
{
    memcpy(record, record_of(slot), KERNEL_FAULT_BYTES);
}
