// SPDX-License-Identifier: MIT
// Calls of ops that a registry evaluates (spec: semantics.md, 7.10): arguments as flat bytes, each
// in the width of its declared type, and a result by the first declared output.
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/size.h"
#include "ir/registry.h"
#include "run.h"

enum { MOST_BYTES = 64 << 20 }; // of arguments, and of a result

struct vyre_op_result {
    ARRAY(uint8_t);
    uint64_t most;           // bytes that the run may still take
    enum vyre_result failed; // the first failure
};

enum vyre_result vyre_op_result_append(struct vyre_op_result *result, const void *bytes,
                                       size_t size)
{
    if (!result || (!bytes && size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    if (!result->failed && size > result->most - result->count)
        result->failed = VYRE_ERR_LIMIT;
    if (!result->failed && size > 0 && !array_reserve(result, size))
        result->failed = VYRE_ERR_NO_MEMORY;
    if (result->failed || size == 0)
        return result->failed;
    memcpy(result->items + result->count, bytes, size);
    result->count += size;
    return VYRE_OK;
}

// ---- Arguments ----------------------------------------------------------------------------------

static bool is_any(const char *type, const char *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

static size_t argument_width(const char *type)
{
    static const char *const words[] = { "u32", "i32", "f32", "vec-count" };
    static const char *const wide[] = { "u64", "i64", "f64" };
    if (is_any(type, words, sizeof words / sizeof *words))
        return 4;
    return is_any(type, wide, sizeof wide / sizeof *wide) ? 8 : 1;
}

// Evaluates the arguments in order. `bytes` is zeroed and has room for all of them.
static bool eval_arguments(struct interp_run *run, const struct vyre_op_params *op,
                           const struct ir_expr *expr, uint8_t *bytes)
{
    size_t at = 0;
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        struct interp_value value;
        uint8_t scratch[INTERP_MAX_BYTES];
        uint64_t size;
        size_t width = argument_width(op->inputs[i].type);
        if (!interp_eval(run, expr->kids[i], &value))
            return false;
        const uint8_t *view = interp_view(&value, scratch, &size);
        memcpy(bytes + at, view, (size_t)u64_min(size, width));
        at += width;
    }
    return true;
}

// ---- Evaluation ---------------------------------------------------------------------------------

static bool take_result(struct interp_run *run, const struct vyre_op_params *op,
                        const struct vyre_op_result *result, struct interp_value *out)
{
    static const char *const words[] = { "u32", "i32", "f32" };
    const char *type = op->output_count ? op->outputs[0].type : "";
    if (!is_any(type, words, sizeof words / sizeof *words))
        return interp_make_bytes(run, result->items, result->count, result->count, out);
    uint8_t bytes[4] = { 0 };
    if (result->count > 0)
        memcpy(bytes, result->items, result->count < 4 ? result->count : 4);
    uint32_t word = interp_load_word(bytes);
    if (type[0] == 'f')
        *out = interp_float((double)interp_f32_from_bits(word));
    else
        *out = type[0] == 'i' ? interp_i32(word) : interp_u32(word);
    return true;
}

static bool fail_evaluation(struct interp_run *run, const struct vyre_op_params *op,
                            const struct vyre_op_result *result, enum vyre_result said)
{
    if (result->failed == VYRE_ERR_LIMIT)
        return interp_fail_limit(run, DIAG_X005, "the result of an op is too large");
    if (result->failed == VYRE_ERR_NO_MEMORY || said == VYRE_ERR_NO_MEMORY) {
        run->result = VYRE_ERR_NO_MEMORY;
        return false;
    }
    return interp_fail(run, DIAG_X032, "op '%.60s' gives %s", op->id, vyre_result_name(said));
}

static bool evaluate(struct interp_run *run, const struct vyre_op_params *op, const uint8_t *bytes,
                     size_t size, struct interp_value *out)
{
    struct vyre_op_result result = { .most = u64_min(run->memory_left, MOST_BYTES) };
    enum vyre_result said = op->evaluate(op->cookie, bytes, size, &result);
    bool good = said == VYRE_OK && result.failed == VYRE_OK
                    ? interp_charge(run, result.count / INTERP_BYTES_PER_STEP) &&
                          take_result(run, op, &result, out)
                    : fail_evaluation(run, op, &result, said);
    array_fini(&result);
    return good;
}

bool interp_eval_call(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    if (!run->params->registry)
        return interp_fail(run, DIAG_X029, "op '%.60s' is called, and there is no registry",
                           interp_name_text(run, expr->name));
    // The validator found the op and counted its arguments.
    const struct vyre_op_params *op =
        ir_registry_find(run->params->registry, ir_name_text(run->program, expr->name));
    size_t size = 0;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        size += argument_width(op->inputs[i].type); // at most 4,096 of them
    if (!interp_charge(run, 1 + size / INTERP_BYTES_PER_STEP) || !interp_take_memory(run, size))
        return false;
    uint8_t *bytes = memory_calloc(1, size);
    if (!bytes)
        run->result = VYRE_ERR_NO_MEMORY;
    bool good =
        bytes && eval_arguments(run, op, expr, bytes) && evaluate(run, op, bytes, size, out);
    memory_free(bytes);
    run->memory_left += size;
    return good;
}
