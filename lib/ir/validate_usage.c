// SPDX-License-Identifier: MIT
// Rules about the whole program that follow the walk: self-exclusive regions, linear types and
// shape predicates (spec: ir.md, 4.3.8).
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "ir/tables.h"
#include "validate_walk.h"

// ---- Self-exclusive regions --------------------------------------------------------------------

struct region {
    size_t path; // in the validator's `paths`
    const struct ir_node *node;
    struct ir_text name; // without the suffix
    size_t order;        // in the program
};

static int compare_regions(const void *left, const void *right)
{
    const struct region *a = left;
    const struct region *b = right;
    uint32_t size = a->name.size < b->name.size ? a->name.size : b->name.size;
    int order = memcmp(a->name.text, b->name.text, size);
    if (order != 0)
        return order;
    if (a->name.size != b->name.size)
        return a->name.size > b->name.size ? 1 : -1;
    return (a->order > b->order) - (a->order < b->order);
}

// At the second of the regions that share a name.
static void report_exclusive(struct ir_validator *v, const struct region *first, size_t count)
{
    ir_validate_report_at(v, DIAG_V131, str_text(&v->paths) + first[1].path, first[1].node->pos,
                          "self-exclusive region %s occurs %zu times",
                          ir_validate_text(v, first->name.text, first->name.size), count);
}

static void check_self_exclusive(struct ir_validator *v)
{
    size_t count = v->exclusive.count;
    if (count < 2)
        return;
    struct region *regions = memory_calloc(count, sizeof *regions);
    if (!regions) {
        v->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        regions[i] = (struct region){ .node = v->exclusive.items[i].node,
                                      .path = v->exclusive.items[i].path,
                                      .order = i };
        regions[i].name = ir_name_text(v->program, regions[i].node->name);
        regions[i].name.size -= (uint32_t)strlen("#self-exclusive");
    }
    qsort(regions, count, sizeof *regions, compare_regions);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && regions[end].node->name == regions[i].node->name; end++)
            ;
        if (end - i > 1)
            report_exclusive(v, &regions[i], end - i);
    }
    memory_free(regions);
}

// ---- Linear types ------------------------------------------------------------------------------

// A traversal of everything, expressions that the walk does not visit included.
struct usage {
    struct {
        ARRAY(const struct ir_body *);
    } bodies;
    struct {
        ARRAY(const struct ir_expr *);
    } exprs;
    uint64_t *uses; // by name
    bool failed;
};

static void add_body(struct usage *usage, const struct ir_body *body)
{
    if (body->count > 0 && !array_push(&usage->bodies, body))
        usage->failed = true;
}

static void add_expr(struct usage *usage, const struct ir_expr *expr)
{
    if (expr && !array_push(&usage->exprs, expr))
        usage->failed = true;
}

static void count_exprs(struct usage *usage)
{
    while (usage->exprs.count > 0 && !usage->failed) {
        const struct ir_expr *expr = usage->exprs.items[--usage->exprs.count];
        bool extension =
            expr->kind == IR_EXPR_OPAQUE && expr->ext != IR_EXT_NONE && expr->ext != IR_EXT_PARAM;
        if (expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_BUF_LEN ||
            expr->kind == IR_EXPR_ATOMIC || extension)
            usage->uses[expr->name]++;
        for (uint32_t i = 0; i < expr->kid_count; i++)
            add_expr(usage, expr->kids[i]);
    }
}

static void count_node(struct usage *usage, const struct ir_node *node)
{
    switch (node->kind) {
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER:
        usage->uses[node->name]++;
        usage->uses[node->name2]++;
        break;
    case IR_NODE_STORE:
    case IR_NODE_INDIRECT_DISPATCH:
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_BROADCAST: usage->uses[node->name]++; break;
    case IR_NODE_OPAQUE:
        if (ir_ext_info(node->ext)->has_buffer)
            usage->uses[node->name]++;
        break;
    default: break;
    }
    add_expr(usage, node->a);
    add_expr(usage, node->b);
    count_exprs(usage);
    add_body(usage, &node->body);
    add_body(usage, &node->otherwise);
}

static void report_uses(struct ir_validator *v, uint32_t index, uint64_t uses)
{
    const struct ir_buffer *buffer = &v->program->buffers[index];
    bool never = uses == 0;
    bool often = uses > 1;
    enum diag_code code;
    if (buffer->linear == IR_LINEAR_LINEAR && (never || often))
        code = DIAG_V132;
    else if (buffer->linear == IR_LINEAR_AFFINE && often)
        code = DIAG_V133;
    else if (buffer->linear == IR_LINEAR_RELEVANT && never)
        code = DIAG_V134;
    else
        return;
    ir_validate_report_buffer(v, code, index, "buffer %s is used %llu times",
                              ir_validate_name(v, buffer->name), (unsigned long long)uses);
}

static void check_linear(struct ir_validator *v)
{
    bool any = false;
    for (uint32_t i = 0; i < v->program->buffer_count; i++)
        any = any || v->program->buffers[i].linear != IR_LINEAR_UNRESTRICTED;
    if (!any)
        return;
    struct usage usage = { 0 };
    usage.uses = memory_calloc((size_t)v->program->name_count + 1, sizeof *usage.uses);
    usage.failed = !usage.uses;
    if (!usage.failed)
        add_body(&usage, &v->program->entry);
    while (usage.bodies.count > 0 && !usage.failed) {
        const struct ir_body *body = usage.bodies.items[--usage.bodies.count];
        for (uint32_t i = 0; i < body->count && !usage.failed; i++)
            count_node(&usage, body->nodes[i]);
    }
    for (uint32_t i = 0; i < v->program->buffer_count && !usage.failed; i++)
        report_uses(v, i, usage.uses[v->program->buffers[i].name]);
    v->failed = v->failed || usage.failed;
    array_fini(&usage.bodies);
    array_fini(&usage.exprs);
    memory_free(usage.uses);
}

// ---- Shape predicates --------------------------------------------------------------------------

enum { MAX_SHAPE_DEPTH = 64 };

// min <= count * scale + offset <= max, without overflow: the product fits 96 bits.
static bool affine_holds(const struct ir_shape_predicate *p, uint32_t count)
{
    __extension__ typedef __int128 wide;
    wide value = (wide)p->a * count + p->b;
    return p->c <= value && value <= p->d;
}

// Predicates that are nested too deeply do not hold.
static bool holds(const struct ir_shape_predicate *p, uint32_t count, unsigned depth)
{
    if (!p || depth > MAX_SHAPE_DEPTH)
        return false;
    switch (p->kind) {
    case IR_SHAPE_AT_LEAST: return count >= p->a;
    case IR_SHAPE_AT_MOST: return count <= p->a;
    case IR_SHAPE_EXACTLY: return count == p->a;
    case IR_SHAPE_MULTIPLE: return p->a != 0 && count % p->a == 0;
    case IR_SHAPE_MOD_EQUALS: return p->a != 0 && p->b < p->a && count % p->a == p->b;
    case IR_SHAPE_AFFINE: return affine_holds(p, count);
    case IR_SHAPE_AND: return holds(p->left, count, depth + 1) && holds(p->right, count, depth + 1);
    case IR_SHAPE_OR: return holds(p->left, count, depth + 1) || holds(p->right, count, depth + 1);
    case IR_SHAPE_NOT: return !holds(p->left, count, depth + 1);
    }
    return false;
}

static void spell_shape(const struct ir_shape_predicate *p, struct str *out, unsigned depth)
{
    if (!p || depth > MAX_SHAPE_DEPTH || out->size > 300) {
        str_puts(out, "...");
        return;
    }
    switch (p->kind) {
    case IR_SHAPE_AT_LEAST: str_printf(out, "count >= %lld", (long long)p->a); break;
    case IR_SHAPE_AT_MOST: str_printf(out, "count <= %lld", (long long)p->a); break;
    case IR_SHAPE_EXACTLY: str_printf(out, "count == %lld", (long long)p->a); break;
    case IR_SHAPE_MULTIPLE: str_printf(out, "count %% %lld == 0", (long long)p->a); break;
    case IR_SHAPE_MOD_EQUALS:
        str_printf(out, "count %% %lld == %lld", (long long)p->a, (long long)p->b);
        break;
    case IR_SHAPE_AFFINE:
        str_printf(out, "%lld <= count * %lld + %lld <= %lld", (long long)p->c, (long long)p->a,
                   (long long)p->b, (long long)p->d);
        break;
    case IR_SHAPE_AND:
    case IR_SHAPE_OR:
        str_putc(out, '(');
        spell_shape(p->left, out, depth + 1);
        str_puts(out, p->kind == IR_SHAPE_AND ? ") && (" : ") || (");
        spell_shape(p->right, out, depth + 1);
        str_putc(out, ')');
        break;
    case IR_SHAPE_NOT:
        str_puts(out, "!(");
        spell_shape(p->left, out, depth + 1);
        str_putc(out, ')');
        break;
    }
}

static void check_shapes(struct ir_validator *v)
{
    for (uint32_t i = 0; i < v->program->buffer_count; i++) {
        const struct ir_buffer *buffer = &v->program->buffers[i];
        if (!buffer->shape || holds(buffer->shape, buffer->count, 0))
            continue;
        struct str predicate = { 0 };
        spell_shape(buffer->shape, &predicate, 0);
        ir_validate_report_buffer(v, DIAG_V135, i, "buffer %s has count %u, which breaks %.400s",
                                  ir_validate_name(v, buffer->name), buffer->count,
                                  str_text(&predicate));
        str_fini(&predicate);
    }
}

void ir_validate_usage(struct ir_validator *v)
{
    check_self_exclusive(v);
    if (!v->failed)
        check_linear(v);
    if (!v->failed)
        check_shapes(v);
}
