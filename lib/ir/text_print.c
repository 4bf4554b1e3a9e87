// SPDX-License-Identifier: MIT
// vyre_program_print: declarations and statements.
#include "text.h"

#include "ir/tables.h"

#include <string.h>

static void put(struct text_printer *printer, const char *text)
{
    str_puts(&printer->out, text);
}

// ---- Declarations -------------------------------------------------------------------------------

static void put_shape(struct text_printer *printer, const struct ir_shape_predicate *shape)
{
    const int64_t numbers[] = { shape->a, shape->b, shape->c, shape->d };
    int count;
    put(printer, ir_text_shape_spelling(shape->kind, &count));
    put(printer, "(");
    for (int i = 0; i < count; i++)
        str_printf(&printer->out, "%s%lld", i ? ", " : "", (long long)numbers[i]);
    if (shape->left)
        put_shape(printer, shape->left);
    if (shape->right) {
        put(printer, ", ");
        put_shape(printer, shape->right);
    }
    put(printer, ")");
}

static void put_hints(struct text_printer *printer, const struct ir_buffer *buffer)
{
    struct str *out = &printer->out;
    if (buffer->has_axis)
        str_printf(out, " axis(%u)", buffer->axis);
    if (buffer->alignment)
        str_printf(out, " align(%u)", buffer->alignment);
    if (buffer->locality != IR_LOCALITY_TEMPORAL)
        str_printf(out, " %s", ir_locality_spelling(buffer->locality));
}

static void put_buffer(struct text_printer *printer, const struct ir_buffer *buffer)
{
    struct str *out = &printer->out;
    bool shared = buffer->access == VYRE_ACCESS_WORKGROUP;
    put(printer, shared ? "shared " : "buffer ");
    ir_text_print_name(printer, buffer->name);
    put(printer, " : ");
    ir_text_print_type(printer, buffer->element);
    put(printer, "[");
    if (buffer->count)
        str_printf(out, "%u", buffer->count);
    put(printer, "]");
    if (!shared)
        str_printf(out, " %s @%u", ir_access_spelling(buffer->access), buffer->binding);
    else if (buffer->binding)
        str_printf(out, " @%u", buffer->binding);
    if (buffer->is_output || buffer->live_out)
        put(printer, !buffer->is_output ? " liveout" : buffer->live_out ? " output" : " result");
    if (buffer->has_range)
        str_printf(out, " range(%llu, %llu)", (unsigned long long)buffer->range_start,
                   (unsigned long long)buffer->range_end);
    struct ir_buffer defaults =
        ir_buffer_defaults(0, 0, (enum vyre_access)buffer->access, buffer->element);
    if (buffer->kind != defaults.kind)
        str_printf(out, " kind(%s)", ir_memory_kind_spelling(buffer->kind));
    put_hints(printer, buffer);
    if (buffer->bytes_extraction)
        put(printer, " bytes_extraction");
    if (buffer->linear != IR_LINEAR_UNRESTRICTED)
        str_printf(out, " usage(%s)", ir_linear_spelling(buffer->linear));
    if (buffer->shape) {
        put(printer, " shape(");
        put_shape(printer, buffer->shape);
        put(printer, ")");
    }
    put(printer, "\n");
}

static void put_head(struct text_printer *printer, bool unwrapped)
{
    const struct vyre_program *program = printer->program;
    if (program->has_entry_op) {
        put(printer, "op ");
        ir_text_print_string(printer, program->entry_op);
        put(printer, "\n");
    }
    str_printf(&printer->out, "workgroup %u", program->workgroup[0]);
    if (program->workgroup[1] != 1 || program->workgroup[2] != 1)
        str_printf(&printer->out, " %u", program->workgroup[1]);
    if (program->workgroup[2] != 1)
        str_printf(&printer->out, " %u", program->workgroup[2]);
    put(printer, "\n");
    if (program->non_composable)
        put(printer, "noncomposable\n");
    if (unwrapped)
        put(printer, "unwrapped\n");
    for (uint32_t i = 0; i < program->buffer_count; i++)
        put_buffer(printer, &program->buffers[i]);
}

// ---- Statements ---------------------------------------------------------------------------------

static void put_body(struct text_printer *printer, struct ir_body body, int depth);

static void put_braces(struct text_printer *printer, struct ir_body body, int depth)
{
    put(printer, "{\n");
    put_body(printer, body, depth + 1);
    str_printf(&printer->out, "%*s}", depth * 4, "");
}

static void put_if(struct text_printer *printer, const struct ir_node *node, int depth)
{
    for (;;) {
        put(printer, "if ");
        ir_text_print_expr(printer, node->a);
        put(printer, " ");
        put_braces(printer, node->body, depth);
        if (!node->otherwise.count)
            return;
        put(printer, " else ");
        if (node->otherwise.count != 1 || node->otherwise.nodes[0]->kind != IR_NODE_IF)
            break;
        node = node->otherwise.nodes[0];
    }
    put_braces(printer, node->otherwise, depth);
}

static void put_store(struct text_printer *printer, const struct ir_node *node)
{
    ir_text_print_name(printer, node->name);
    put(printer, "[");
    ir_text_print_expr(printer, node->a);
    put(printer, "] = ");
    ir_text_print_expr(printer, node->b);
}

static void put_loop(struct text_printer *printer, const struct ir_node *node, int depth)
{
    put(printer, "loop ");
    ir_text_print_name(printer, node->name);
    put(printer, " in ");
    ir_text_print_expr(printer, node->a);
    put(printer, "..");
    ir_text_print_expr(printer, node->b);
    put(printer, " ");
    put_braces(printer, node->body, depth);
}

static void put_region(struct text_printer *printer, const struct ir_node *node, int depth)
{
    put(printer, "region ");
    ir_text_print_string(printer, node->name);
    if (node->has_source) {
        put(printer, " from ");
        ir_text_print_string(printer, node->name2);
    }
    put(printer, " ");
    put_braces(printer, node->body, depth);
}

static void put_transfer(struct text_printer *printer, const struct ir_node *node)
{
    put(printer, node->kind == IR_NODE_ASYNC_LOAD ? "async_load(" : "async_store(");
    ir_text_print_name(printer, node->name);
    put(printer, ", ");
    ir_text_print_name(printer, node->name2);
    put(printer, ", ");
    ir_text_print_expr(printer, node->a);
    put(printer, ", ");
    ir_text_print_expr(printer, node->b);
    put(printer, ", ");
    ir_text_print_string(printer, node->tag);
    put(printer, ")");
}

static void put_collective(struct text_printer *printer, const char *word,
                           const struct ir_node *node)
{
    bool has_destination = node->kind == IR_NODE_ALL_GATHER || node->kind == IR_NODE_REDUCE_SCATTER;
    bool has_operator = node->kind == IR_NODE_ALL_REDUCE || node->kind == IR_NODE_REDUCE_SCATTER;
    str_printf(&printer->out, "%s(", word);
    ir_text_print_name(printer, node->name);
    if (has_destination) {
        put(printer, ", ");
        ir_text_print_name(printer, node->name2);
    }
    if (has_operator)
        str_printf(&printer->out, ", %s", ir_collective_spelling(node->op));
    if (node->kind == IR_NODE_BROADCAST)
        str_printf(&printer->out, ", %u", node->root);
    str_printf(&printer->out, ", %u)", node->group);
}

static void put_tagged(struct text_printer *printer, const char *word, ir_name tag)
{
    str_printf(&printer->out, "%s(", word);
    ir_text_print_string(printer, tag);
    put(printer, ")");
}

static void put_named_value(struct text_printer *printer, const char *word,
                            const struct ir_node *node)
{
    put(printer, word);
    ir_text_print_name(printer, node->name);
    put(printer, " = ");
    ir_text_print_expr(printer, node->a);
}

static void put_trap(struct text_printer *printer, const struct ir_node *node)
{
    put(printer, "trap(");
    ir_text_print_expr(printer, node->a);
    put(printer, ", ");
    ir_text_print_string(printer, node->name);
    put(printer, ")");
}

static void put_indirect_dispatch(struct text_printer *printer, const struct ir_node *node)
{
    put(printer, "indirect_dispatch(");
    ir_text_print_name(printer, node->name);
    str_printf(&printer->out, ", %llu)", (unsigned long long)node->offset);
}

static void put_barrier(struct text_printer *printer, const struct ir_node *node)
{
    put(printer, "barrier");
    if (node->ordering != IR_ORDER_SEQ_CST)
        str_printf(&printer->out, " %s", ir_ordering_spelling(node->ordering));
}

static void put_opaque(struct text_printer *printer, const struct ir_node *node)
{
    struct ir_expr *const operands[] = { node->a, node->b };
    if (node->ext)
        ir_text_print_extension(printer, (enum ir_ext)node->ext, node->name, node->ordering, 0,
                                operands);
    else
        ir_text_print_payload(printer, node->name, node->payload, node->payload_size);
}

static void put_node(struct text_printer *printer, const struct ir_node *node, int depth)
{
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_LET: put_named_value(printer, "let ", node); break;
    case IR_NODE_ASSIGN: put_named_value(printer, "", node); break;
    case IR_NODE_STORE: put_store(printer, node); break;
    case IR_NODE_IF: put_if(printer, node, depth); break;
    case IR_NODE_LOOP: put_loop(printer, node, depth); break;
    case IR_NODE_RETURN: put(printer, "return"); break;
    case IR_NODE_BLOCK: put_braces(printer, node->body, depth); break;
    case IR_NODE_BARRIER: put_barrier(printer, node); break;
    case IR_NODE_INDIRECT_DISPATCH: put_indirect_dispatch(printer, node); break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE: put_transfer(printer, node); break;
    case IR_NODE_ASYNC_WAIT: put_tagged(printer, "async_wait", node->name); break;
    case IR_NODE_REGION: put_region(printer, node, depth); break;
    case IR_NODE_TRAP: put_trap(printer, node); break;
    case IR_NODE_RESUME: put_tagged(printer, "resume", node->name); break;
    case IR_NODE_ALL_REDUCE: put_collective(printer, "all_reduce", node); break;
    case IR_NODE_ALL_GATHER: put_collective(printer, "all_gather", node); break;
    case IR_NODE_REDUCE_SCATTER: put_collective(printer, "reduce_scatter", node); break;
    case IR_NODE_BROADCAST: put_collective(printer, "broadcast", node); break;
    case IR_NODE_OPAQUE: put_opaque(printer, node); break;
    case IR_NODE_COUNT: break;
    }
}

static void put_body(struct text_printer *printer, struct ir_body body, int depth)
{
    for (uint32_t i = 0; i < body.count; i++) {
        str_printf(&printer->out, "%*s", depth * 4, "");
        put_node(printer, body.nodes[i], depth);
        put(printer, "\n");
    }
}

// ---- The program --------------------------------------------------------------------------------

static bool all_regions(struct ir_body body)
{
    for (uint32_t i = 0; i < body.count; i++)
        if (body.nodes[i]->kind != IR_NODE_REGION)
            return false;
    return body.count > 0;
}

// The one region that the root-wrap rule adds is not shown when the parser will add it again.
static bool hides_root(const struct vyre_program *program)
{
    if (program->entry.count != 1 || program->entry.nodes[0]->kind != IR_NODE_REGION)
        return false;
    const struct ir_node *root = program->entry.nodes[0];
    struct ir_text generator = ir_name_text(program, root->name);
    return !root->has_source && generator.size == strlen(IR_ROOT_GENERATOR) &&
           memcmp(generator.text, IR_ROOT_GENERATOR, generator.size) == 0 &&
           !all_regions(root->body);
}

enum vyre_result vyre_program_print(const struct vyre_program *program, char **out,
                                    size_t *out_size)
{
    struct text_printer printer = { .program = program };
    put_head(&printer, !all_regions(program->entry));
    struct ir_body body = hides_root(program) ? program->entry.nodes[0]->body : program->entry;
    if (body.count)
        put(&printer, "\n");
    put_body(&printer, body, 0);
    return str_finish(&printer.out, out, out_size) ? VYRE_OK : VYRE_ERR_NO_MEMORY;
}
