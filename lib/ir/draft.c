// SPDX-License-Identifier: MIT
// The draft itself: names, types, blank nodes, bodies, and the way to a finished program.
#include "ir/draft.h"

#include "base/memory.h"
#include "base/size.h"
#include "base/str.h"
#include "ir/tables.h"

#include <string.h>

#define XXH_INLINE_ALL // names are short: a call would cost as much as the hash
#include <xxhash.h>

enum { FIRST_SLOTS = 64 };

static struct arena *arena_of(struct ir_draft *draft)
{
    return draft->failed || !draft->program ? NULL : &draft->program->arena;
}

// Makes failure sticky and passes a pointer on.
static void *keep(struct ir_draft *draft, void *memory)
{
    if (!memory)
        draft->failed = true;
    return memory;
}

bool ir_draft_init(struct ir_draft *draft)
{
    *draft = (struct ir_draft){ 0 };
    draft->program = keep(draft, memory_calloc(1, sizeof *draft->program));
    if (draft->program) {
        atomic_init(&draft->program->references, 1);
        for (int axis = 0; axis < 3; axis++)
            draft->program->workgroup[axis] = 1;
    }
    ir_draft_name(draft, "", 0); // number 0, always
    return !draft->failed;
}

bool ir_draft_derive(struct ir_draft *draft, const struct vyre_program *from)
{
    *draft = (struct ir_draft){ 0 };
    struct vyre_program *made = draft->program = keep(draft, memory_calloc(1, sizeof *made));
    if (!made)
        return false;
    atomic_init(&made->references, 1);
    // Programs are immutable but for their reference count, which is atomic.
    made->source = vyre_program_ref((struct vyre_program *)from);
    memcpy(made->workgroup, from->workgroup, sizeof made->workgroup);
    made->non_composable = from->non_composable;
    made->has_entry_op = from->has_entry_op;
    made->entry_op = from->entry_op;
    made->loop_numbers = from->loop_numbers;
    made->trap_numbers = from->trap_numbers;
    made->source_name = from->source_name;
    made->source_text = from->source_text;
    made->source_size = from->source_size;
    made->node_kinds = from->node_kinds;
    made->expr_kinds = from->expr_kinds;
    draft->parts = from->parts;
    draft->names.items = from->names;
    draft->names.count = draft->names.capacity = from->name_count;
    draft->buffers.items = from->buffers;
    draft->buffers.count = draft->buffers.capacity = from->buffer_count;
    draft->shares_names = draft->shares_buffers = true;
    return true;
}

// Replaces items that are shared by a copy with room for more.
static bool own(struct ir_draft *draft, bool *shares, void **items, size_t *capacity, size_t count,
                size_t item_size)
{
    if (!*shares)
        return true;
    void *copy = NULL;
    size_t room = 0;
    if (!array_reserve_bytes(&copy, &room, count, 1, item_size)) {
        draft->failed = true;
        return false;
    }
    if (count)
        memcpy(copy, *items, count * item_size);
    *items = copy;
    *capacity = room;
    *shares = false;
    return true;
}

static bool own_names(struct ir_draft *draft)
{
    return own(draft, &draft->shares_names, (void **)&draft->names.items, &draft->names.capacity,
               draft->names.count, sizeof draft->names.items[0]);
}

bool ir_draft_own_buffers(struct ir_draft *draft)
{
    return own(draft, &draft->shares_buffers, (void **)&draft->buffers.items,
               &draft->buffers.capacity, draft->buffers.count, sizeof draft->buffers.items[0]);
}

void ir_draft_fini(struct ir_draft *draft)
{
    vyre_program_destroy(&draft->program);
    if (!draft->shares_names)
        array_fini(&draft->names);
    if (!draft->shares_buffers)
        array_fini(&draft->buffers);
    memory_free(draft->name_slots);
    *draft = (struct ir_draft){ 0 };
}

// ---- Names --------------------------------------------------------------------------------------

// Seeded with an address, so that nobody can prepare names that collide. Numbers of names do not
// depend on it.
static uint64_t hash_name(const struct ir_draft *draft, const char *text, size_t size)
{
    return XXH3_64bits_withSeed(text, size, (uintptr_t)draft->program);
}

// The slot that holds this text, or the free one where it belongs. There always is a free one.
static struct ir_name_slot *find_slot(const struct ir_draft *draft, uint64_t hash, const char *text,
                                      size_t size)
{
    size_t at = (size_t)(hash >> 32);
    for (;; at++) {
        struct ir_name_slot *slot = &draft->name_slots[at & (draft->name_slot_count - 1)];
        if (slot->name == 0)
            return slot;
        if (slot->hash != (uint32_t)hash)
            continue;
        const struct ir_text *name = &draft->names.items[slot->name - 1];
        if (name->size == size && memcmp(name->text, text, size) == 0)
            return slot;
    }
}

static bool grow_slots(struct ir_draft *draft)
{
    size_t count = draft->name_slot_count ? draft->name_slot_count * 2 : FIRST_SLOTS;
    while (count <= draft->names.count * 2) // a derived draft begins with names, without slots
        count *= 2;
    struct ir_name_slot *slots = memory_calloc(count, sizeof *slots);
    if (!slots)
        return false;
    memory_free(draft->name_slots);
    draft->name_slots = slots;
    draft->name_slot_count = count;
    for (size_t i = 0; i < draft->names.count; i++) {
        const struct ir_text *name = &draft->names.items[i];
        const uint64_t hash = hash_name(draft, name->text, name->size);
        *find_slot(draft, hash, name->text, name->size) =
            (struct ir_name_slot){ (uint32_t)hash, (uint32_t)i + 1 };
    }
    return true;
}

ir_name ir_draft_name(struct ir_draft *draft, const char *text, size_t size)
{
    struct arena *arena = arena_of(draft);
    if (!arena)
        return 0;
    if (!text)
        text = ""; // a NULL text of size 0, so that nobody hands NULL to memcmp
    // Room first: at most half of the slots are taken, so every search ends.
    if (draft->names.count * 2 >= draft->name_slot_count && !grow_slots(draft)) {
        draft->failed = true;
        return 0;
    }
    const uint64_t hash = hash_name(draft, text, size);
    struct ir_name_slot *slot = find_slot(draft, hash, text, size);
    if (slot->name)
        return slot->name - 1;
    if (size > UINT32_MAX || draft->names.count >= UINT32_MAX - 1) {
        draft->failed = true;
        return 0;
    }
    struct ir_text name = { arena_copy_text(arena, text, size), (uint32_t)size };
    if (!name.text || !own_names(draft) || !array_push(&draft->names, name)) {
        draft->failed = true;
        return 0;
    }
    *slot = (struct ir_name_slot){ (uint32_t)hash, (uint32_t)draft->names.count };
    return slot->name - 1;
}

ir_name ir_draft_cname(struct ir_draft *draft, const char *text)
{
    return ir_draft_name(draft, text, strlen(text));
}

// ---- Types, expressions, nodes ------------------------------------------------------------------

const struct ir_type *ir_draft_type(struct ir_draft *draft, const struct ir_type *type)
{
    struct arena *arena = arena_of(draft);
    draft->parts++;
    return arena ? keep(draft, arena_copy(arena, type, sizeof *type)) : NULL;
}

struct ir_node *ir_draft_node(struct ir_draft *draft, enum ir_node_kind kind)
{
    struct arena *arena = arena_of(draft);
    draft->parts++;
    struct ir_node *node = arena ? keep(draft, arena_alloc(arena, sizeof *node)) : NULL;
    if (!node)
        return NULL;
    *node = (struct ir_node){ .kind = (uint8_t)kind };
    draft->program->node_kinds |= UINT32_C(1) << kind;
    return node;
}

// ---- Bodies and buffers -------------------------------------------------------------------------

void ir_nodes_add(struct ir_draft *draft, struct ir_nodes *nodes, struct ir_node *node)
{
    if (!node || nodes->count >= UINT32_MAX || !array_push(nodes, node))
        draft->failed = true;
}

struct ir_body ir_nodes_take_from(struct ir_draft *draft, struct ir_nodes *nodes, size_t base)
{
    struct ir_body body = { NULL, 0 };
    struct arena *arena = arena_of(draft);
    const size_t count = nodes->count - base;
    if (arena && count) {
        body.nodes =
            keep(draft, arena_copy(arena, nodes->items + base, count * sizeof nodes->items[0]));
        body.count = body.nodes ? (uint32_t)count : 0;
    }
    nodes->count = base;
    return body;
}

struct ir_body ir_nodes_take(struct ir_draft *draft, struct ir_nodes *nodes)
{
    const struct ir_body body = ir_nodes_take_from(draft, nodes, 0);
    array_fini(nodes);
    return body;
}

void ir_nodes_fini(struct ir_nodes *nodes)
{
    array_fini(nodes);
}

uint32_t ir_draft_buffer(struct ir_draft *draft, const struct ir_buffer *buffer)
{
    if (draft->failed || !buffer->element || draft->buffers.count >= UINT32_MAX ||
        !ir_draft_own_buffers(draft) || !array_push(&draft->buffers, *buffer)) {
        draft->failed = true;
        return 0;
    }
    return (uint32_t)draft->buffers.count - 1;
}

struct ir_buffer ir_buffer_defaults(ir_name name, uint32_t binding, enum vyre_access access,
                                    const struct ir_type *element)
{
    static const uint8_t kinds[] = {
        [VYRE_ACCESS_READ_ONLY] = IR_MEMORY_READONLY, [VYRE_ACCESS_READ_WRITE] = IR_MEMORY_GLOBAL,
        [VYRE_ACCESS_UNIFORM] = IR_MEMORY_UNIFORM,    [VYRE_ACCESS_WORKGROUP] = IR_MEMORY_SHARED,
        [VYRE_ACCESS_WRITE_ONLY] = IR_MEMORY_GLOBAL,
    };
    return (struct ir_buffer){
        .name = name,
        .binding = binding,
        .access = (uint8_t)access,
        .kind = kinds[access],
        .locality = IR_LOCALITY_TEMPORAL,
        .element = element,
    };
}

// ---- Finishing ----------------------------------------------------------------------------------

// The root-wrap rule (spec: ir.md, 1.1).
static struct ir_body wrap_root(struct ir_draft *draft, struct ir_body entry)
{
    bool all_regions = entry.count > 0;
    for (uint32_t i = 0; i < entry.count; i++)
        all_regions = all_regions && entry.nodes[i]->kind == IR_NODE_REGION;
    if (all_regions)
        return entry;
    struct ir_nodes top = { 0 };
    ir_nodes_add(draft, &top, ir_region(draft, ir_draft_cname(draft, IR_ROOT_GENERATOR), entry));
    return ir_nodes_take(draft, &top);
}

// Buffers tell their callers the spelling of their element type, so it must live with the program.
static void spell_elements(struct ir_draft *draft)
{
    for (size_t i = 0; i < draft->buffers.count && !draft->shares_buffers; i++) {
        struct ir_buffer *buffer = &draft->buffers.items[i];
        const struct ir_type *type = buffer->element;
        if (buffer->element_spelling && draft->program->source)
            continue; // of the source
        if (type == ir_type_scalar((enum ir_type_kind)type->kind)) {
            buffer->element_spelling = ir_type_info((enum ir_type_kind)type->kind)->spelling;
            continue;
        }
        struct str text = { 0 };
        ir_type_spell(type, &text);
        struct arena *arena = arena_of(draft);
        buffer->element_spelling =
            arena && !text.failed ? keep(draft, arena_copy_text(arena, str_text(&text), text.size))
                                  : keep(draft, NULL);
        str_fini(&text);
    }
}

// What a program keeps of a list: a copy, or the list of its source.
static void *move_in(struct ir_draft *draft, bool shared, void *items, size_t count,
                     size_t item_size)
{
    if (shared)
        return items;
    struct arena *arena = arena_of(draft);
    return arena && count ? keep(draft, arena_copy(arena, items, count * item_size)) : NULL;
}

enum vyre_result ir_draft_finish(struct ir_draft *draft, struct ir_body entry, bool wrap,
                                 struct vyre_program **out)
{
    *out = NULL;
    if (wrap && !draft->failed)
        entry = wrap_root(draft, entry);
    if (!draft->failed)
        spell_elements(draft);
    struct vyre_program *program = draft->program;
    if (!draft->failed) {
        program->entry = entry;
        program->parts = draft->parts;
        program->names = move_in(draft, draft->shares_names, draft->names.items, draft->names.count,
                                 sizeof draft->names.items[0]);
        program->name_count = (uint32_t)draft->names.count;
        program->buffers = move_in(draft, draft->shares_buffers, draft->buffers.items,
                                   draft->buffers.count, sizeof draft->buffers.items[0]);
        program->buffer_count = (uint32_t)draft->buffers.count;
    }
    enum vyre_result result = VYRE_ERR_NO_MEMORY;
    if (!draft->failed && !program->arena.failed) {
        draft->program = NULL;
        *out = program;
        result = VYRE_OK;
    }
    ir_draft_fini(draft);
    return result;
}
