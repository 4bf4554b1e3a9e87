// SPDX-License-Identifier: MIT
// The op registry: ops in the order in which they were added, found by their id.
#include "ir/registry.h"

#include "base/array.h"
#include "base/memory.h"
#include "base/report.h"
#include "base/utf8.h"
#include "ir/inline.h"
#include "ir/wire.h"

#include <string.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 32 };

struct vyre_registry {
    _Atomic uint32_t references;
    bool frozen;
    struct arena arena; // texts and signatures
    struct {
        ARRAY(struct vyre_op_params);
    } ops;
    uint32_t *slots; // open addressing over `ops`; 0 is free, else index + 1
    size_t slot_count;
};

// ---- Life ---------------------------------------------------------------------------------------

enum vyre_result vyre_registry_create(struct vyre_registry **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = memory_calloc(1, sizeof **out);
    if (!*out)
        return VYRE_ERR_NO_MEMORY;
    atomic_init(&(*out)->references, 1);
    return VYRE_OK;
}

struct vyre_registry *vyre_registry_ref(struct vyre_registry *registry)
{
    if (registry)
        atomic_fetch_add_explicit(&registry->references, 1, memory_order_relaxed);
    return registry;
}

void vyre_registry_destroy(struct vyre_registry **registry)
{
    if (!registry)
        return;
    struct vyre_registry *dropped = *registry;
    *registry = NULL;
    // Release orders this thread's reads before the last owner's free, acquire is the other half.
    if (!dropped || atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) != 1)
        return;
    ir_registry_truncate(dropped, 0);
    arena_fini(&dropped->arena);
    array_fini(&dropped->ops);
    memory_free(dropped->slots);
    memory_free(dropped);
}

void vyre_registry_freeze(struct vyre_registry *registry)
{
    if (registry)
        registry->frozen = true;
}

// ---- Looking up ---------------------------------------------------------------------------------

// The slot that holds this id, or the free one where it belongs. There always is a free one.
static uint32_t *find_slot(const struct vyre_registry *registry, const char *id, size_t size)
{
    size_t at = (size_t)XXH3_64bits(id, size) & (registry->slot_count - 1);
    for (;; at = (at + 1) & (registry->slot_count - 1)) {
        uint32_t *slot = &registry->slots[at];
        if (*slot == 0)
            return slot;
        const char *other = registry->ops.items[*slot - 1].id;
        if (strlen(other) == size && memcmp(other, id, size) == 0)
            return slot;
    }
}

const struct vyre_op_params *ir_registry_find(const struct vyre_registry *registry,
                                              struct ir_text id)
{
    if (registry->slot_count == 0)
        return NULL;
    uint32_t index = *find_slot(registry, id.text, id.size);
    return index ? &registry->ops.items[index - 1] : NULL;
}

size_t vyre_registry_op_count(const struct vyre_registry *registry)
{
    return registry ? registry->ops.count : 0;
}

enum vyre_result vyre_registry_get_op(const struct vyre_registry *registry, size_t index,
                                      struct vyre_op_params *out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_op_params){ 0 };
    if (!registry)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (index >= registry->ops.count)
        return VYRE_MISS;
    *out = registry->ops.items[index];
    return VYRE_OK;
}

enum vyre_result vyre_registry_find_op(const struct vyre_registry *registry, const char *id,
                                       struct vyre_op_params *out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_op_params){ 0 };
    size_t size = id ? strnlen(id, WIRE_MAX_STRING + 1) : 0;
    if (!registry || !id)
        return VYRE_ERR_INVALID_ARGUMENT;
    const struct vyre_op_params *op = NULL;
    if (size <= WIRE_MAX_STRING)
        op = ir_registry_find(registry, (struct ir_text){ id, (uint32_t)size });
    if (!op)
        return VYRE_MISS;
    *out = *op;
    return VYRE_OK;
}

bool ir_has_capability(const char *const *capabilities, size_t count, const char *capability)
{
    if (!capability)
        return true;
    for (size_t i = 0; i < count; i++)
        if (capabilities[i] && strcmp(capabilities[i], capability) == 0)
            return true;
    return false;
}

const struct ir_type *ir_signature_type(const char *spelling)
{
    static const struct {
        const char *spelling;
        enum ir_type_kind kind;
    } types[] = {
        { "u8", IR_TYPE_U8 },
        { "U8", IR_TYPE_U8 },
        { "u16", IR_TYPE_U16 },
        { "U16", IR_TYPE_U16 },
        { "u32", IR_TYPE_U32 },
        { "U32", IR_TYPE_U32 },
        { "u64", IR_TYPE_U64 },
        { "U64", IR_TYPE_U64 },
        { "i8", IR_TYPE_I8 },
        { "I8", IR_TYPE_I8 },
        { "i16", IR_TYPE_I16 },
        { "I16", IR_TYPE_I16 },
        { "i32", IR_TYPE_I32 },
        { "I32", IR_TYPE_I32 },
        { "i64", IR_TYPE_I64 },
        { "I64", IR_TYPE_I64 },
        { "f32", IR_TYPE_F32 },
        { "F32", IR_TYPE_F32 },
        { "bool", IR_TYPE_BOOL },
        { "Bool", IR_TYPE_BOOL },
        { "bytes", IR_TYPE_BYTES },
        { "Bytes", IR_TYPE_BYTES },
        { "vec2<u32>", IR_TYPE_VEC2_U32 },
        { "Vec2U32", IR_TYPE_VEC2_U32 },
        { "vec4<u32>", IR_TYPE_VEC4_U32 },
        { "Vec4U32", IR_TYPE_VEC4_U32 },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].spelling, spelling) == 0)
            return ir_type_scalar(types[i].kind);
    return NULL;
}

// ---- Adding -------------------------------------------------------------------------------------

static bool refuse(const struct vyre_op_params *params, enum diag_code code, const char *what)
{
    // The id is shown when it is a text at all; the report cuts it.
    const char *id =
        params->id && utf8_valid(params->id, strnlen(params->id, 200)) ? params->id : "";
    diag_report(params->diag, code, NULL, "op '%.200s': %s", id, what);
    return false;
}

static bool check_text(const struct vyre_op_params *params, const char *text, const char *what)
{
    size_t size = strnlen(text, WIRE_MAX_STRING + 1);
    return (size > 0 && size <= WIRE_MAX_STRING && utf8_valid(text, size)) ||
           refuse(params, DIAG_O001, what);
}

static bool check_operands(const struct vyre_op_params *params,
                           const struct vyre_op_operand *operands, size_t count)
{
    if (count > WIRE_MAX_ARGUMENTS)
        return refuse(params, DIAG_O001, "it has more than 4,096 operands");
    if (count > 0 && !operands)
        return refuse(params, DIAG_O001, "its operands are missing");
    for (size_t i = 0; i < count; i++) {
        const char *what = "an operand has no type, or a name or type that is empty, too long or "
                           "not UTF-8";
        if (!operands[i].type)
            return refuse(params, DIAG_O001, what);
        if (!check_text(params, operands[i].type, what) ||
            (operands[i].name && !check_text(params, operands[i].name, what)))
            return false;
    }
    return true;
}

static bool check_op(const struct vyre_registry *registry, const struct vyre_op_params *params)
{
    if (registry->frozen)
        return refuse(params, DIAG_O003, "the registry is frozen");
    if (!params->id)
        return refuse(params, DIAG_O001, "it has no id");
    if (!check_text(params, params->id, "its id is empty, too long or not UTF-8"))
        return false;
    if ((unsigned)params->category > VYRE_OP_INTRINSIC)
        return refuse(params, DIAG_O001, "its category does not exist");
    if ((params->capability &&
         !check_text(params, params->capability, "its capability is empty or not UTF-8")) ||
        (params->provider &&
         !check_text(params, params->provider, "its provider is empty or not UTF-8")))
        return false;
    if (!check_operands(params, params->inputs, params->input_count) ||
        !check_operands(params, params->outputs, params->output_count))
        return false;
    const struct ir_text id = { params->id, (uint32_t)strlen(params->id) };
    if (ir_registry_find(registry, id))
        return refuse(params, DIAG_O002, "the registry has an op with this id");
    const char *what;
    return !params->program || ir_body_fits(registry, params, &what) ||
           refuse(params, DIAG_O004, what);
}

static const char *copy_text(struct arena *arena, const char *text)
{
    return text ? arena_copy_text(arena, text, strlen(text)) : NULL;
}

static const struct vyre_op_operand *copy_operands(struct arena *arena,
                                                   const struct vyre_op_operand *operands,
                                                   size_t count)
{
    struct vyre_op_operand *made = arena_array(arena, count, sizeof *made);
    for (size_t i = 0; made && i < count; i++) {
        made[i].type = copy_text(arena, operands[i].type);
        made[i].name = copy_text(arena, operands[i].name);
    }
    return made;
}

static void fill_slots(struct vyre_registry *registry)
{
    for (size_t i = 0; i < registry->ops.count; i++) {
        const char *id = registry->ops.items[i].id;
        *find_slot(registry, id, strlen(id)) = (uint32_t)i + 1;
    }
}

static bool grow_slots(struct vyre_registry *registry)
{
    size_t count = registry->slot_count ? registry->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = memory_calloc(count, sizeof *slots);
    if (!slots)
        return false;
    memory_free(registry->slots);
    registry->slots = slots;
    registry->slot_count = count;
    fill_slots(registry);
    return true;
}

void ir_registry_truncate(struct vyre_registry *registry, size_t count)
{
    if (count >= registry->ops.count)
        return;
    for (size_t i = count; i < registry->ops.count; i++)
        vyre_program_destroy(&registry->ops.items[i].program);
    registry->ops.count = count;
    memset(registry->slots, 0, registry->slot_count * sizeof *registry->slots);
    fill_slots(registry);
}

// The op gets its slot last, so that a failure on the way leaves nothing behind but arena memory.
static enum vyre_result add(struct vyre_registry *registry, const struct vyre_op_params *params)
{
    struct vyre_op_params op = *params;
    struct arena *arena = &registry->arena;
    op.diag = NULL;
    op.id = copy_text(arena, params->id);
    op.capability = copy_text(arena, params->capability);
    op.provider = copy_text(arena, params->provider);
    op.inputs = copy_operands(arena, params->inputs, params->input_count);
    op.outputs = copy_operands(arena, params->outputs, params->output_count);
    // At most half of the slots are taken, so every search ends.
    bool room = registry->ops.count * 2 < registry->slot_count || grow_slots(registry);
    bool copied = !arena->failed;
    arena->failed = false;
    if (!room || !copied || registry->ops.count >= UINT32_MAX - 1 ||
        !array_push(&registry->ops, op))
        return VYRE_ERR_NO_MEMORY;
    *find_slot(registry, op.id, strlen(op.id)) = (uint32_t)registry->ops.count;
    if (op.program)
        vyre_program_ref(op.program);
    return VYRE_OK;
}

enum vyre_result vyre_registry_inline(const struct vyre_registry *registry,
                                      struct vyre_program *program, const char *const *capabilities,
                                      size_t capability_count, const struct vyre_diag_sink *diag,
                                      struct vyre_program **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!registry || !program || (capability_count > 0 && !capabilities))
        return VYRE_ERR_INVALID_ARGUMENT;
    const struct ir_inline params = {
        .registry = registry,
        .capabilities = capabilities,
        .capability_count = capability_count,
        .diag = diag,
    };
    // What the program may use otherwise is for whoever compiles or runs the result.
    enum vyre_result result = vyre_program_validate(
        program, vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                      .registry = registry, .diag = diag));
    if (result == VYRE_OK)
        result = ir_inline_calls(program, &params, out);
    if (result == VYRE_OK && !*out)
        *out = vyre_program_ref(program);
    return result;
}

enum vyre_result vyre_registry_add_op(struct vyre_registry *registry,
                                      const struct vyre_op_params *params)
{
    if (!registry || !params)
        return VYRE_ERR_INVALID_ARGUMENT;
    return check_op(registry, params) ? add(registry, params) : VYRE_ERR_INVALID_ARGUMENT;
}
