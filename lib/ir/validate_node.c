// SPDX-License-Identifier: MIT
// The walk over the statements: scopes, control flow and the rules of each statement, in source
// order (spec: ir.md, 4.3.3, 4.3.6, 4.4 to 4.6).
#include <string.h>

#include "validate_walk.h"

static struct ir_frame *top(const struct ir_validator *v)
{
    return &v->frames.items[v->frames.count - 1];
}

// ---- Scopes ------------------------------------------------------------------------------------

static void push_frame(struct ir_validator *v, const struct ir_node *owner,
                       const struct ir_body *body, const char *role, bool divergent)
{
    struct ir_frame frame = {
        .body = body,
        .role = role,
        .owner = owner,
        .first_return = UINT32_MAX,
        .serial = ++v->next_serial,
        .binding_base = (uint32_t)v->bindings.count,
        .divergent = divergent,
    };
    ir_alias_enter(v, &frame);
    if (!array_push_in(&v->arena, &v->frames, frame))
        v->failed = true;
}

static void bind(struct ir_validator *v, struct ir_binding binding)
{
    binding.hidden = v->binding_of[binding.name];
    binding.frame = top(v)->serial;
    if (!array_push_in(&v->arena, &v->bindings, binding)) {
        v->failed = true;
        return;
    }
    v->binding_of[binding.name] = (uint32_t)v->bindings.count;
}

static void unbind(struct ir_validator *v, uint32_t base)
{
    while (v->bindings.count > base) {
        const struct ir_binding *binding = &v->bindings.items[--v->bindings.count];
        v->binding_of[binding->name] = binding->hidden;
    }
}

static void check_shadowing(struct ir_validator *v, ir_name name)
{
    if (!v->params.allow_shadowing && v->binding_of[name] != 0)
        ir_validate_report(v, DIAG_V008, "%s shadows a binding that is live here",
                           ir_validate_name(v, name));
}

// ---- Statements --------------------------------------------------------------------------------

static const struct ir_type *fact_type(const struct ir_validator *v, uint32_t fact)
{
    return v->facts.items[fact].type;
}

static void check_let(struct ir_validator *v, const struct ir_node *node)
{
    uint32_t value = ir_validate_facts(v, node->a);
    if (v->failed)
        return;
    ir_validate_expr(v, value, "value");
    const struct ir_binding *old = ir_validate_binding(v, node->name);
    if (old && !old->loop_variable && old->frame == top(v)->serial)
        ir_validate_report(v, DIAG_V032, "%s is bound twice in this list of statements",
                           ir_validate_name(v, node->name));
    else
        check_shadowing(v, node->name);
    const struct ir_type *type = fact_type(v, value);
    bind(v, (struct ir_binding){
                .name = node->name,
                .type = type ? type : ir_type_scalar(IR_TYPE_U32),
                .uniform = v->facts.items[value].uniform,
            });
}

static void check_assign_local(struct ir_validator *v, const struct ir_binding *local,
                               const struct ir_type *type)
{
    if (local->loop_variable)
        ir_validate_report(v, DIAG_V011, "loop variable %s is assigned",
                           ir_validate_name(v, local->name));
    if (ir_types_differ(type, local->type))
        ir_validate_report(v, DIAG_V045, "%s is %s, but the value is %s",
                           ir_validate_name(v, local->name), ir_validate_type(v, local->type),
                           ir_validate_type(v, type));
}

// Equal, or u32 with bytes or bool either way.
static bool assignable(const struct ir_type *value, const struct ir_type *element)
{
    return ir_type_equal(value, element) ||
           (value->kind == IR_TYPE_U32 &&
            (element->kind == IR_TYPE_BYTES || element->kind == IR_TYPE_BOOL)) ||
           (element->kind == IR_TYPE_U32 &&
            (value->kind == IR_TYPE_BYTES || value->kind == IR_TYPE_BOOL));
}

static void check_assign_buffer(struct ir_validator *v, const struct ir_buffer *buffer,
                                const struct ir_type *type)
{
    if (buffer->access != VYRE_ACCESS_READ_WRITE)
        ir_validate_report(v, DIAG_V121, "buffer %s is not read-write",
                           ir_validate_name(v, buffer->name));
    if (type && !assignable(type, buffer->element))
        ir_validate_report(v, DIAG_V045, "%s holds %s, but the value is %s",
                           ir_validate_name(v, buffer->name), ir_validate_type(v, buffer->element),
                           ir_validate_type(v, type));
}

static void check_assign(struct ir_validator *v, const struct ir_node *node)
{
    uint32_t value = ir_validate_facts(v, node->a);
    if (v->failed)
        return;
    const struct ir_type *type = fact_type(v, value);
    struct ir_binding *local = ir_validate_binding(v, node->name);
    const struct ir_buffer *buffer = ir_validate_buffer(v, node->name);
    if (local)
        check_assign_local(v, local, type);
    else if (buffer)
        check_assign_buffer(v, buffer, type);
    else
        ir_validate_report(v, DIAG_V123, "%s is not declared", ir_validate_name(v, node->name));
    ir_validate_expr(v, value, "value");
    if (local)
        local->uniform = local->uniform && v->facts.items[value].uniform;
}

static void check_store(struct ir_validator *v, const struct ir_node *node)
{
    uint32_t index = ir_validate_facts(v, node->a);
    uint32_t value = v->failed ? 0 : ir_validate_facts(v, node->b);
    if (v->failed)
        return;
    ir_validate_store(v, node, index, value);
    ir_validate_expr(v, index, "index");
    ir_validate_expr(v, value, "value");
    ir_alias_add(v, node->name, false);
}

static void check_extension(struct ir_validator *v, const struct ir_node *node)
{
    struct ir_text kind = ir_name_text(v->program, node->name);
    if (node->ext == IR_EXT_NONE) {
        if (kind.size == 0)
            ir_validate_report(v, DIAG_V031, "the extension has no kind");
        else
            ir_validate_report(v, DIAG_V031, "unknown extension %s",
                               ir_validate_name(v, node->name));
        return;
    }
    uint32_t a = node->a ? ir_validate_facts(v, node->a) : UINT32_MAX;
    uint32_t b = node->b && !v->failed ? ir_validate_facts(v, node->b) : UINT32_MAX;
    if (v->failed)
        return;
    ir_validate_ext(v, node->ext, node->name, node->ordering, a, b);
    if (a != UINT32_MAX)
        ir_validate_expr(v, a, "index");
    if (b != UINT32_MAX)
        ir_validate_expr(v, b, "value");
}

static void check_indirect(struct ir_validator *v, const struct ir_node *node)
{
    if (node->offset % 4 != 0)
        ir_validate_report(v, DIAG_V129, "offset %llu is not a multiple of 4",
                           (unsigned long long)node->offset);
    if (!ir_validate_buffer(v, node->name))
        ir_validate_report(v, DIAG_V130, "buffer %s is not declared",
                           ir_validate_name(v, node->name));
    ir_alias_add(v, node->name, false);
}

static void check_tag(struct ir_validator *v, ir_name tag)
{
    if (ir_name_text(v->program, tag).size == 0)
        ir_validate_report(v, DIAG_V122, "the tag is empty");
}

static const struct ir_buffer *check_collective_buffer(struct ir_validator *v, ir_name name)
{
    const struct ir_buffer *buffer = ir_validate_buffer(v, name);
    if (!buffer)
        ir_validate_report(v, DIAG_V046, "buffer %s is not declared", ir_validate_name(v, name));
    else if (buffer->access == VYRE_ACCESS_WORKGROUP)
        ir_validate_report(v, DIAG_V046, "buffer %s is workgroup memory",
                           ir_validate_name(v, name));
    ir_alias_add(v, name, false);
    return buffer;
}

static void check_collective(struct ir_validator *v, const struct ir_node *node)
{
    if (!v->params.collectives)
        ir_validate_report(v, DIAG_V046, "the target has no collectives");
    const struct ir_buffer *input = check_collective_buffer(v, node->name);
    if (node->kind != IR_NODE_ALL_GATHER && node->kind != IR_NODE_REDUCE_SCATTER)
        return;
    const struct ir_buffer *output = check_collective_buffer(v, node->name2);
    if (input && output && !ir_type_equal(input->element, output->element))
        ir_validate_report(v, DIAG_V046, "%s holds %s, but %s holds %s",
                           ir_validate_name(v, node->name), ir_validate_type(v, input->element),
                           ir_validate_name(v, node->name2), ir_validate_type(v, output->element));
}

static void check_barrier(struct ir_validator *v, const struct ir_node *node)
{
    if (top(v)->divergent)
        ir_validate_report(v, DIAG_V010, "a part of the workgroup may not come here");
    if (node->ordering == IR_ORDER_RELAXED)
        ir_validate_report(v, DIAG_V043, "the barrier is relaxed");
    ir_alias_barrier(v, top(v));
}

// ---- Statements with bodies --------------------------------------------------------------------

static void enter_if(struct ir_validator *v, const struct ir_node *node, uint32_t access_base)
{
    uint32_t cond = ir_validate_facts(v, node->a);
    if (v->failed)
        return;
    ir_validate_expr(v, cond, "cond");
    const struct ir_type *type = fact_type(v, cond);
    if (type && type->kind != IR_TYPE_U32 && type->kind != IR_TYPE_BOOL)
        ir_validate_report(v, DIAG_V126, "the condition is %s", ir_validate_type(v, type));
    ir_alias_check(v, access_base);
    bool divergent = top(v)->divergent || !v->facts.items[cond].uniform;
    push_frame(v, node, &node->body, "then", divergent);
    if (!v->failed)
        top(v)->access_base = access_base;
}

static void enter_loop(struct ir_validator *v, const struct ir_node *node, uint32_t access_base)
{
    uint32_t from = ir_validate_facts(v, node->a);
    uint32_t to = v->failed ? 0 : ir_validate_facts(v, node->b);
    if (v->failed)
        return;
    ir_validate_expr(v, from, "from");
    ir_validate_expr(v, to, "to");
    if (fact_type(v, from) && !ir_type_is(fact_type(v, from), IR_TYPE_U32))
        ir_validate_report(v, DIAG_V127, "the start is %s",
                           ir_validate_type(v, fact_type(v, from)));
    if (fact_type(v, to) && !ir_type_is(fact_type(v, to), IR_TYPE_U32))
        ir_validate_report(v, DIAG_V128, "the end is %s", ir_validate_type(v, fact_type(v, to)));
    check_shadowing(v, node->name);
    ir_alias_check(v, access_base);
    bool uniform_bounds = v->facts.items[from].uniform && v->facts.items[to].uniform;
    bool divergent = top(v)->divergent;
    push_frame(v, node, &node->body, "body", divergent || !uniform_bounds);
    if (v->failed)
        return;
    top(v)->access_base = access_base;
    bind(v, (struct ir_binding){
                .name = node->name,
                .type = ir_type_scalar(IR_TYPE_U32),
                .loop_variable = true,
                .uniform = uniform_bounds && !divergent,
            });
}

static void note_self_exclusive(struct ir_validator *v, const struct ir_node *region)
{
    static const char suffix[] = "#self-exclusive";
    const struct ir_text text = ir_name_text(v->program, region->name);
    const size_t size = sizeof suffix - 1;
    const struct ir_exclusive exclusive = { region, v->paths.size };
    if (text.size < size || memcmp(text.text + text.size - size, suffix, size) != 0)
        return;
    // Looking for the path later would take a walk over the program for each.
    if (v->params.diag)
        ir_validate_keep_path(v);
    if (v->paths.failed || !array_push_in(&v->arena, &v->exclusive, exclusive))
        v->failed = true;
}

static void enter_body(struct ir_validator *v, const struct ir_node *node)
{
    bool divergent = top(v)->divergent;
    push_frame(v, node, &node->body, "body", divergent);
    if (!v->failed)
        top(v)->access_base = (uint32_t)v->accesses.count;
}

// ---- The walk ----------------------------------------------------------------------------------

static void check_limits(struct ir_validator *v)
{
    if (++v->node_count == IR_MAX_NODES + 1)
        ir_validate_report(v, DIAG_V019, "the program has more than %d statements", IR_MAX_NODES);
    if (v->frames.count - 1 > IR_MAX_NESTING && !v->nesting_reported) {
        v->nesting_reported = true;
        ir_validate_report(v, DIAG_V018,
                           "this statement is nested %zu deep, at most %d are allowed",
                           v->frames.count - 1, IR_MAX_NESTING);
    }
}

static void visit(struct ir_validator *v, const struct ir_node *node)
{
    uint32_t access_base = (uint32_t)v->accesses.count;
    v->facts.count = 0;
    v->pos = node->pos;
    check_limits(v);
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_LET: check_let(v, node); break;
    case IR_NODE_ASSIGN: check_assign(v, node); break;
    case IR_NODE_STORE: check_store(v, node); break;
    case IR_NODE_IF: enter_if(v, node, access_base); return;
    case IR_NODE_LOOP: enter_loop(v, node, access_base); return;
    case IR_NODE_REGION:
        note_self_exclusive(v, node);
        enter_body(v, node);
        return;
    case IR_NODE_BLOCK: enter_body(v, node); return;
    case IR_NODE_RETURN:
        if (top(v)->first_return == UINT32_MAX)
            top(v)->first_return = top(v)->next - 1;
        return;
    case IR_NODE_BARRIER: check_barrier(v, node); return;
    case IR_NODE_INDIRECT_DISPATCH: check_indirect(v, node); break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
        check_tag(v, node->tag);
        ir_alias_add(v, node->name, false);
        ir_alias_add(v, node->name2, false);
        break;
    case IR_NODE_ASYNC_WAIT: check_tag(v, node->name); return;
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER:
    case IR_NODE_BROADCAST: check_collective(v, node); break;
    case IR_NODE_OPAQUE: check_extension(v, node); break;
    case IR_NODE_TRAP:
    case IR_NODE_RESUME:
    case IR_NODE_COUNT: return;
    }
    ir_alias_check(v, access_base);
    ir_alias_apply(v, access_base);
}

// The list on top is walked. The branches of an If follow one another; then the accesses of the
// owner's own expressions take effect in the list that the owner is in.
static void leave(struct ir_validator *v)
{
    struct ir_frame frame = *top(v);
    if (frame.first_return != UINT32_MAX && frame.first_return + 1 < frame.body->count) {
        v->pos = frame.body->nodes[frame.first_return + 1]->pos;
        top(v)->next = frame.first_return + 2;
        ir_validate_report(v, DIAG_V125, "statements after a return are never reached");
    }
    unbind(v, frame.binding_base);
    ir_alias_leave(v, &frame);
    v->frames.count--;
    if (!frame.owner)
        return;
    if (frame.owner->kind == IR_NODE_IF && frame.body == &frame.owner->body) {
        push_frame(v, frame.owner, &frame.owner->otherwise, "otherwise", frame.divergent);
        if (!v->failed)
            top(v)->access_base = frame.access_base;
        return;
    }
    ir_alias_apply(v, frame.access_base);
}

void ir_validate_nodes(struct ir_validator *v)
{
    push_frame(v, NULL, &v->program->entry, "entry", false);
    while (!v->failed && v->frames.count > 0) {
        struct ir_frame *frame = top(v);
        if (frame->next < frame->body->count)
            visit(v, frame->body->nodes[frame->next++]);
        else
            leave(v);
    }
}
