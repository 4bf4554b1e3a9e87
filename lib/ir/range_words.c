// SPDX-License-Identifier: MIT
// Certificates in words, for people: what is known of an index, and the conditions, loops and
// locals that it comes from. Steps that speak for themselves, such as a mask, are left out.
#include "ir/range.h"

#include "base/str.h"
#include "text.h"

#include <inttypes.h>

enum {
    MOST_WORDS = 40,  // of the text of one expression; longer ones are called by what they are
    MOST_CLAUSES = 6, // facts that are told
    MOST_STEPS = 64,  // that are looked at
};

struct words {
    const struct vyre_program *program;
    const struct ir_ranges *ranges;
    uint32_t buffer; // that the index lies inside of
    struct str *out;
    uint32_t clauses;
    int steps_left;
    const struct ir_proof_step *told[MOST_CLAUSES];
};

static void put_expr(struct words *words, const struct ir_expr *expr, const char *otherwise)
{
    struct text_printer printer = { .program = words->program };
    ir_text_print_expr(&printer, expr);
    if (printer.out.failed)
        words->out->failed = true;
    else if (printer.out.size <= MOST_WORDS)
        str_printf(words->out, "`%s`", str_text(&printer.out));
    else
        str_puts(words->out, otherwise);
    str_fini(&printer.out);
}

static void put_place(struct words *words, struct ir_pos pos)
{
    if (pos.line)
        str_printf(words->out, " at %u:%u", pos.line, pos.column);
}

static bool is_enough(const struct words *words, const struct ir_range *range)
{
    if (range->high < words->program->buffers[words->buffer].count)
        return true;
    for (uint32_t i = 0; i < range->count; i++)
        if (range->below[i].buffer == words->buffer && range->below[i].slack >= 0)
            return true;
    return false;
}

// Whether a fact is new; it is remembered.
static bool begin_clause(struct words *words, const struct ir_proof_step *step)
{
    for (uint32_t i = 0; i < words->clauses; i++)
        if (words->told[i]->rule == step->rule && words->told[i]->node == step->node &&
            words->told[i]->comparison == step->comparison)
            return false;
    if (words->clauses == MOST_CLAUSES)
        return false;
    str_puts(words->out, words->clauses ? ", " : ": ");
    words->told[words->clauses++] = step;
    return true;
}

static void put_clause(struct words *words, const struct ir_proof_step *step)
{
    const struct ir_node *node = step->node;
    switch (step->rule) {
    case IR_PROOF_GUARD:
    case IR_PROOF_NO_WRAP:
        if (!begin_clause(words, step))
            break;
        put_expr(words, step->comparison, "a condition");
        str_puts(words->out, step->negated ? " does not hold" : " holds");
        put_place(words, step->comparison->pos);
        break;
    case IR_PROOF_LOOP:
        if (!begin_clause(words, step))
            break;
        str_printf(words->out, "the loop over `%s` ends before ",
                   ir_name_text(words->program, node->name).text);
        put_expr(words, node->b, "its bound");
        put_place(words, node->pos);
        break;
    case IR_PROOF_LET:
        // A loop's variable is told by its loop.
        if (!node || node->kind != IR_NODE_LET || !begin_clause(words, step))
            break;
        str_printf(words->out, "`%s` is ", ir_name_text(words->program, node->name).text);
        put_expr(words, node->a, "computed");
        put_place(words, node->pos);
        break;
    case IR_PROOF_GROUP:
        if (begin_clause(words, step))
            str_printf(words->out, "a workgroup has %u of them",
                       words->program->workgroup[step->expr->op]);
        break;
    default: break;
    }
}

// `decides`: the step's value is that of the index, so one of two claims about it may be enough.
static void put_steps(struct words *words, uint32_t number, bool decides)
{
    if (number == IR_PROOF_NONE || words->steps_left-- <= 0)
        return;
    const struct ir_proof_step *steps = words->ranges->steps.items;
    const struct ir_proof_step *step = &steps[number];
    if (step->range.low == 0 && step->range.high == UINT32_MAX && step->range.count == 0)
        return; // says nothing
    const bool both = step->rule == IR_PROOF_BOTH;
    put_clause(words, step);
    for (int i = both ? 1 : 0; both && decides && i >= 0; i--) {
        if (step->premise[i] != IR_PROOF_NONE && is_enough(words, &steps[step->premise[i]].range)) {
            put_steps(words, step->premise[i], true);
            return;
        }
    }
    for (int i = 0; i < 3; i++)
        put_steps(words, step->premise[i], decides && (both || step->rule == IR_PROOF_LET));
}

void ir_proof_explain(const struct ir_ranges *ranges, const struct vyre_program *program,
                      const struct ir_proof *proof, struct str *out)
{
    struct words words = { .program = program,
                           .ranges = ranges,
                           .buffer = proof->buffer,
                           .out = out,
                           .steps_left = MOST_STEPS };
    const struct ir_buffer *buffer = &program->buffers[proof->buffer];
    const char *name = ir_name_text(program, buffer->name).text;
    const struct ir_range *range = &ranges->steps.items[proof->step].range;
    put_expr(&words, proof->index, "the index");
    if (range->high >= buffer->count)
        str_printf(out, " is below len(%s)", name);
    else if (range->low == range->high)
        str_printf(out, " is inside, %s has %u elements", name, buffer->count);
    else
        str_printf(out, " is at most %" PRIu32 ", %s has %u elements", range->high, name,
                   buffer->count);
    put_steps(&words, proof->step, true);
}

void ir_unproven_explain(const struct vyre_program *program, uint32_t buffer,
                         const struct ir_expr *index, struct str *out)
{
    struct words words = { .program = program, .out = out };
    const struct ir_buffer *declared = &program->buffers[buffer];
    const char *name = ir_name_text(program, declared->name).text;
    str_puts(out, "nothing shows that ");
    put_expr(&words, index, "the index");
    if (declared->count)
        str_printf(out, " is below %u, the elements of %s", declared->count, name);
    else
        str_printf(out, " is below len(%s)", name);
}
