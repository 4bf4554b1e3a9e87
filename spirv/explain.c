// SPDX-License-Identifier: MIT
#include "explain.h"

#include "base/str.h"
#include "ir/copy.h"
#include "lowering.h"

#include <stdio.h>

// ---- Noting -------------------------------------------------------------------------------------

static void note(struct spv_lowering *lowering, struct spv_check check)
{
    if (check.pos.line == 0 && check.pos.column == 0)
        check.pos = lowering->here;
    if (!array_push(&lowering->checks, check))
        lowering->writer.status = VYRE_ERR_NO_MEMORY;
}

void spv_note_check(struct spv_lowering *lowering, uint32_t buffer, const struct spv_access *access,
                    enum spv_check_reason reason)
{
    note(lowering, (struct spv_check){ .index = access->index,
                                       .pos = access->pos,
                                       .buffer = buffer,
                                       .kind = (uint8_t)access->kind,
                                       .reason = (uint8_t)reason });
}

void spv_note_loop(struct spv_lowering *lowering, const struct ir_node *loop, bool guarded)
{
    note(lowering,
         (struct spv_check){
             .loop = loop, .pos = loop->pos, .kind = VYRE_CHECK_LOOP, .guarded = guarded });
}

// ---- Words --------------------------------------------------------------------------------------

// Proofs are in the order of the program, which the lowering follows; *from is where the last one
// was found.
static const struct ir_proof *find_proof(const struct ir_ranges *ranges,
                                         const struct spv_check *check, size_t *from)
{
    const size_t count = ranges->proofs.count;
    for (size_t i = 0; i < count; i++) {
        const size_t at = (*from + i) % count;
        const struct ir_proof *proof = &ranges->proofs.items[at];
        if (proof->index != check->index || proof->buffer != check->buffer)
            continue;
        *from = at + 1;
        return proof;
    }
    return NULL;
}

static void explain_access(const struct spv_lowering *lowering, const struct spv_check *check,
                           size_t *from, struct str *out)
{
    const struct vyre_program *program = lowering->program;
    const struct ir_buffer *buffer = &program->buffers[check->buffer];
    const struct ir_proof *proof = NULL;
    switch ((enum spv_check_reason)check->reason) {
    case SPV_INSIDE_BY_PROOF:
        proof = find_proof(&lowering->facts.ranges, check, from);
        if (proof)
            ir_proof_explain(&lowering->facts.ranges, program, proof, out);
        else
            str_puts(out, "the index is always inside");
        break;
    case SPV_INSIDE_BY_COUNT:
        str_printf(out, "`%u` is inside, %s has %u elements", check->index->bits,
                   ir_name_text(program, buffer->name).text, buffer->count);
        break;
    case SPV_CHECK_UNPROVEN: ir_unproven_explain(program, check->buffer, check->index, out); break;
    case SPV_CHECK_AS_TOLD:
        str_puts(out, "without optimization every index that is no literal is checked");
        break;
    case SPV_CHECK_OF_DEAD:
        str_puts(out, "the index is inside for those who have not returned, but those who have "
                      "come by here too, on their way to a barrier");
        break;
    case SPV_CHECK_OF_PASSED:
        str_puts(out, "the value is passed to other lanes, and nothing is known of lanes that have "
                      "returned");
        break;
    }
}

static void explain_loop(const struct spv_lowering *lowering, const struct spv_check *check,
                         struct str *out)
{
    const uint32_t most = ir_ranges_iterations(&lowering->facts.ranges, check->loop);
    const uint32_t budget = lowering->facts.loop_budget;
    if (!check->guarded)
        str_printf(out, "at most %u iterations, and all loops together stay within %u passes", most,
                   budget);
    else if (most == UINT32_MAX)
        str_puts(out, "nothing bounds its iterations");
    else
        str_printf(out, "up to %u iterations, and loops together may take more than %u passes",
                   most, budget);
}

enum vyre_result spv_tell_checks(const struct spv_lowering *lowering)
{
    const struct vyre_program *program = lowering->program;
    struct str reason = { 0 };
    size_t from = 0;
    for (size_t i = 0; i < lowering->checks.count && !reason.failed; i++) {
        const struct spv_check *noted = &lowering->checks.items[i];
        struct vyre_check check = { .kind = (enum vyre_check_kind)noted->kind,
                                    .line = noted->pos.line,
                                    .column = noted->pos.column };
        str_clear(&reason);
        if (noted->loop) {
            check.name = ir_name_text(program, noted->loop->name).text;
            check.removed = !noted->guarded;
            explain_loop(lowering, noted, &reason);
        } else {
            check.name = ir_name_text(program, program->buffers[noted->buffer].name).text;
            check.removed = !spv_is_kept((enum spv_check_reason)noted->reason);
            explain_access(lowering, noted, &from, &reason);
        }
        check.reason = str_text(&reason);
        if (!reason.failed)
            lowering->explain->check(lowering->explain->user, &check);
    }
    const bool failed = reason.failed;
    str_fini(&reason);
    return failed ? VYRE_ERR_NO_MEMORY : VYRE_OK;
}

// ---- Paths --------------------------------------------------------------------------------------

// Where a statement stands in its parent.
struct stand {
    uint32_t parent; // its number; 0: the entry
    uint32_t index;
    const char *list;
};

struct paths {
    const struct vyre_program *program;
    const struct vyre_check_hook *explain;
    struct {
        ARRAY(struct stand);
    } stands; // by number less 1
    bool failed;
};

static void number_expr(struct ir_expr *expr, struct ir_pos pos)
{
    if (!expr)
        return;
    expr->pos = pos;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        number_expr(expr->kids[i], pos);
}

static void number_body(struct paths *paths, struct ir_body *body, uint32_t parent,
                        const char *list)
{
    for (uint32_t i = 0; i < body->count; i++) {
        struct ir_node *node = body->nodes[i];
        if (!array_push(&paths->stands, ((struct stand){ parent, i, list })))
            paths->failed = true;
        const uint32_t number = (uint32_t)paths->stands.count;
        node->pos = (struct ir_pos){ 0, number };
        number_expr(node->a, node->pos);
        number_expr(node->b, node->pos);
        number_body(paths, &node->body, number, node->kind == IR_NODE_IF ? "then" : "body");
        number_body(paths, &node->otherwise, number, "otherwise");
    }
}

// As ir_node_path spells it, without a search.
static void spell(const struct paths *paths, uint32_t number, char *out, size_t size)
{
    uint32_t way[SPV_DEEPEST_PATH];
    uint32_t depth = 0;
    for (; number > 0 && depth < SPV_DEEPEST_PATH; depth++) {
        way[depth] = number;
        number = paths->stands.items[number - 1].parent;
    }
    size_t used = 0;
    out[0] = '\0';
    while (depth-- > 0 && used < size) {
        const struct stand *stand = &paths->stands.items[way[depth] - 1];
        const int written = snprintf(out + used, size - used, "%s%s[%u]", used ? "." : "",
                                     stand->list, stand->index);
        used += written > 0 ? (size_t)written : 0;
    }
}

static void tell_with_path(void *user, const struct vyre_check *check)
{
    const struct paths *paths = user;
    struct vyre_check told = *check;
    char path[1024];
    const uint32_t number = check->column;
    told.column = 0;
    if (number > 0 && number <= paths->stands.count) {
        spell(paths, number, path, sizeof path);
        told.path = path;
    }
    paths->explain->check(paths->explain->user, &told);
}

bool spv_wants_paths(const struct vyre_program *program, const struct vyre_compile_params *params)
{
    return params->explain && !program->source_text && params->explain->check != tell_with_path;
}

static enum vyre_result number_program(struct paths *paths, struct vyre_program **out)
{
    struct ir_draft draft;
    struct ir_copy copy = { .draft = &draft, .from = paths->program };
    if (!ir_draft_init(&draft)) {
        ir_draft_fini(&draft);
        return VYRE_ERR_NO_MEMORY;
    }
    ir_copy_head(&copy);
    struct ir_body entry = ir_copy_body(&copy, paths->program->entry);
    if (!draft.failed)
        number_body(paths, &entry, 0, "entry");
    return ir_draft_finish(&draft, entry, false, out);
}

enum vyre_result spv_lower_with_paths(const struct vyre_program *program,
                                      const struct vyre_compile_params *params,
                                      const struct spv_trial *trial, struct vyre_module **out)
{
    struct paths paths = { .program = program, .explain = params->explain };
    const struct vyre_check_hook hook = { tell_with_path, &paths };
    struct vyre_compile_params own = *params;
    struct vyre_program *numbered = NULL;
    own.explain = &hook;
    enum vyre_result result = number_program(&paths, &numbered);
    if (!result && paths.failed)
        result = VYRE_ERR_NO_MEMORY;
    if (!result)
        result = spv_lower_trial(numbered, &own, trial, out);
    vyre_program_destroy(&numbered);
    array_fini(&paths.stands);
    return result;
}
