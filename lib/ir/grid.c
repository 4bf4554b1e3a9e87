// SPDX-License-Identifier: MIT
#include "ir/grid.h"

#include <vyre/program.h>

#include "base/size.h"

#include <math.h>
#include <string.h>

bool ir_buffer_is_returned(const struct ir_buffer *buffer)
{
    return buffer->is_output || buffer->access == VYRE_ACCESS_WRITE_ONLY ||
           buffer->access == VYRE_ACCESS_READ_WRITE;
}

bool ir_buffer_is_allocated(const struct ir_buffer *buffer)
{
    return buffer->is_output || buffer->access == VYRE_ACCESS_WRITE_ONLY ||
           (buffer->live_out && buffer->access == VYRE_ACCESS_READ_WRITE);
}

static bool expr_has_atomic(const struct ir_expr *expr)
{
    if (!expr)
        return false;
    bool found = expr->kind == IR_EXPR_ATOMIC;
    for (uint32_t i = 0; !found && i < expr->kid_count; i++)
        found = expr_has_atomic(expr->kids[i]);
    return found;
}

static bool body_has_atomic(const struct ir_body *body)
{
    bool found = false;
    for (uint32_t i = 0; !found && i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        found = expr_has_atomic(node->a) || expr_has_atomic(node->b) ||
                body_has_atomic(&node->body) || body_has_atomic(&node->otherwise);
    }
    return found;
}

// What the rule looks at, gathered in one walk over the buffers.
struct extent {
    uint64_t outputs;  // largest count of a returned buffer; 0: none
    uint64_t inputs;   // largest count of another buffer, at least 1
    uint64_t nodes;    // declared count of a graph's "pg_nodes" at binding 0
    bool any_returned; // there is a returned buffer, whatever its size
    bool communicates; // workgroup memory or atomics: the inputs drive the work too
};

static bool is_graph_nodes(const struct vyre_program *program, const struct ir_buffer *buffer)
{
    static const char graph[] = "pg_nodes";
    struct ir_text name = ir_name_text(program, buffer->name);
    return buffer->binding == 0 && name.size == sizeof graph - 1 &&
           memcmp(name.text, graph, sizeof graph - 1) == 0;
}

static bool measure(const struct vyre_program *program, const uint64_t *buffer_bytes,
                    struct extent *out)
{
    *out = (struct extent){ .inputs = 1 };
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        uint64_t count = 0;
        if (is_graph_nodes(program, buffer))
            out->nodes = buffer->count;
        if (buffer->access == VYRE_ACCESS_WORKGROUP) {
            out->communicates = true;
            continue;
        }
        if (!ir_type_element_count(buffer->element, buffer_bytes[i], &count))
            return false;
        if (ir_buffer_is_returned(buffer)) {
            out->any_returned = true;
            out->outputs = u64_max(out->outputs, count);
        } else {
            out->inputs = u64_max(out->inputs, count);
        }
    }
    out->communicates = out->communicates || body_has_atomic(&program->entry);
    return true;
}

static uint32_t saturate(double value)
{
    return value >= (double)UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

bool ir_grid_infer(const struct vyre_program *program, const uint64_t *buffer_bytes,
                   uint32_t grid[3])
{
    struct extent extent;
    if (!measure(program, buffer_bytes, &extent))
        return false;
    uint64_t work = u64_max(u64_max(extent.outputs, extent.nodes), 1);
    if (!extent.any_returned || extent.communicates)
        work = u64_max(work, extent.inputs);

    uint64_t invocations = 1;
    unsigned active = 0;
    for (unsigned axis = 0; axis < 3; axis++) {
        if (!u64_mul(invocations, program->workgroup[axis], &invocations))
            invocations = UINT64_MAX;
        active += program->workgroup[axis] > 1;
    }
    invocations = u64_max(invocations, 1);
    uint64_t groups = u64_max(work / invocations + (work % invocations != 0), 1);

    // Several active axes share the work as a square or a cube. The root is taken as the original
    // takes it, with pow in binary64, because its rounding decides the grid.
    uint32_t side = active > 1 ? saturate(ceil(pow((double)groups, 1.0 / active)))
                               : (uint32_t)u64_min(groups, UINT32_MAX);
    for (unsigned axis = 0; axis < 3; axis++)
        grid[axis] = program->workgroup[axis] > 1 || (active == 0 && axis == 0) ? side : 1;
    return true;
}

enum vyre_result vyre_program_derive_grid(const struct vyre_program *program,
                                          const uint64_t *buffer_bytes, size_t buffer_count,
                                          uint32_t out[3])
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    out[0] = out[1] = out[2] = 0;
    if (!program || buffer_count != program->buffer_count || (buffer_count && !buffer_bytes))
        return VYRE_ERR_INVALID_ARGUMENT;
    return ir_grid_infer(program, buffer_bytes, out) ? VYRE_OK : VYRE_ERR_UNSUPPORTED;
}
