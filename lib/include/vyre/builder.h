// SPDX-License-Identifier: MIT
// The builder: programs made by calls instead of text.
//
//     struct vyre_builder *b;
//     vyre_builder_create(&b);
//     vyre_builder_workgroup(b, 64, 1, 1);
//     vyre_builder_buffer(b, vyre_buffer_decl(.name = "out", .access = VYRE_ACCESS_READ_WRITE,
//                                             .element = VYRE_TYPE_U32));
//     vyre_builder_let(b, "i", vyre_builder_global_id(b, 0));
//     vyre_builder_store(b, "out", vyre_builder_var(b, "i"), vyre_builder_u32(b, 7));
//     vyre_builder_finish(b, diag, &program);
//     vyre_builder_destroy(&b);
//
// Errors are sticky: after the first one every call does nothing (expressions give 0, which every
// call accepts then), and vyre_builder_finish reports it. So only create and finish need a check.
// The builder checks structure: handles, blocks, names that are UTF-8, nesting of at most 200.
// What the program means is for vyre_program_validate.
//
// Names are NUL-terminated UTF-8 and copied. All calls: Thread-safety: one thread at a time.
#ifndef VYRE_BUILDER_H
#define VYRE_BUILDER_H

#include <vyre/operators.h>
#include <vyre/program.h>

VYRE_BEGIN

struct vyre_builder;

// An expression of one builder; 0 is none. Using it as an operand or in a statement consumes it: a
// second use is an error (keep the value with vyre_builder_let and name it instead). Expressions
// that no statement uses are dropped.
typedef uint32_t vyre_expr;

// A type of one builder: one of enum vyre_scalar_type, or what a vyre_builder_type_ call returned.
// Types may be used any number of times.
typedef uint32_t vyre_type;

// ---- Life -------------------------------------------------------------------------------------

// *out is owned by the caller: destroy it, finished or not.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_builder_create(struct vyre_builder **out);

// Ends the construction and gives the program, with one reference. Statements that are not all
// regions are wrapped in one, as the language wants it. Returns VYRE_ERR_INVALID_ARGUMENT for the
// first wrong call and VYRE_ERR_LIMIT for too deep nesting, both with a B.. code to `diag` (may be
// NULL) that names the call. The builder can only be destroyed afterwards.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_builder_finish(struct vyre_builder *builder,
                                                            const struct vyre_diag_sink *diag,
                                                            struct vyre_program **out);

// Accepts NULL and sets NULL.
VYRE_API void vyre_builder_destroy(struct vyre_builder **builder);

// ---- The head of the program ------------------------------------------------------------------

// Invocations per workgroup; 1, 1, 1 when not called.
VYRE_API void vyre_builder_workgroup(struct vyre_builder *builder, uint32_t x, uint32_t y,
                                     uint32_t z);

// The operation that the program implements.
VYRE_API void vyre_builder_entry_op(struct vyre_builder *builder, const char *id);

// Two copies of this program must not be fused into one kernel.
VYRE_API void vyre_builder_noncomposable(struct vyre_builder *builder);

// A buffer; zero is the default of everything but the name and the element type.
struct vyre_buffer_decl {
    const char *name;
    uint32_t binding; // ignored for workgroup buffers
    enum vyre_access access;
    vyre_type element;
    uint32_t count; // elements; 0: sized at run time
    bool is_output;
    bool is_live_out;
    bool has_range; // bytes [range_start, range_end) are read back instead of all
    uint64_t range_start;
    uint64_t range_end;
    bool has_kind; // else the usual one of the access
    enum vyre_memory_kind kind;
    bool has_axis; // hints from here
    uint8_t axis;
    uint32_t alignment;
    bool has_locality; // else TEMPORAL
    enum vyre_locality locality;
};

#define vyre_buffer_decl(...) (&(const struct vyre_buffer_decl){ __VA_ARGS__ })

// Declares a buffer. Declaration order is the order of inputs.
VYRE_API void vyre_builder_buffer(struct vyre_builder *builder,
                                  const struct vyre_buffer_decl *decl);

// ---- Types with parameters --------------------------------------------------------------------

VYRE_API vyre_type vyre_builder_type_array(struct vyre_builder *builder, uint64_t element_bytes);
VYRE_API vyre_type vyre_builder_type_handle(struct vyre_builder *builder, uint32_t id);
VYRE_API vyre_type vyre_builder_type_opaque(struct vyre_builder *builder, uint32_t extension);
VYRE_API vyre_type vyre_builder_type_vec(struct vyre_builder *builder, vyre_type element,
                                         uint8_t lanes);
VYRE_API vyre_type vyre_builder_type_tensor(struct vyre_builder *builder, vyre_type element,
                                            const uint32_t *dims, uint32_t dim_count);
VYRE_API vyre_type vyre_builder_type_sparse_csr(struct vyre_builder *builder, vyre_type element);
VYRE_API vyre_type vyre_builder_type_sparse_coo(struct vyre_builder *builder, vyre_type element);
VYRE_API vyre_type vyre_builder_type_sparse_bsr(struct vyre_builder *builder, vyre_type element,
                                                uint32_t rows, uint32_t columns);
VYRE_API vyre_type vyre_builder_type_mesh(struct vyre_builder *builder, const uint32_t *axes,
                                          uint32_t axis_count);
// The parameters are an axis or a group size, or 0 for the tags that have none.
VYRE_API vyre_type vyre_builder_type_quantized(struct vyre_builder *builder, vyre_type storage,
                                               enum vyre_quant_scale scale,
                                               uint32_t scale_parameter, enum vyre_quant_zero zero,
                                               uint32_t zero_parameter);

// ---- Expressions ------------------------------------------------------------------------------

VYRE_API vyre_expr vyre_builder_u32(struct vyre_builder *builder, uint32_t value);
VYRE_API vyre_expr vyre_builder_i32(struct vyre_builder *builder, int32_t value);
VYRE_API vyre_expr vyre_builder_f32(struct vyre_builder *builder, float value);
VYRE_API vyre_expr vyre_builder_f32_bits(struct vyre_builder *builder, uint32_t bits);
VYRE_API vyre_expr vyre_builder_bool(struct vyre_builder *builder, bool value);
VYRE_API vyre_expr vyre_builder_var(struct vyre_builder *builder, const char *name);
VYRE_API vyre_expr vyre_builder_load(struct vyre_builder *builder, const char *buffer,
                                     vyre_expr index);
VYRE_API vyre_expr vyre_builder_len(struct vyre_builder *builder, const char *buffer);

// Ids of the invocation; axis 0, 1, 2 is x, y, z.
VYRE_API vyre_expr vyre_builder_global_id(struct vyre_builder *builder, uint8_t axis);
VYRE_API vyre_expr vyre_builder_workgroup_id(struct vyre_builder *builder, uint8_t axis);
VYRE_API vyre_expr vyre_builder_local_id(struct vyre_builder *builder, uint8_t axis);

VYRE_API vyre_expr vyre_builder_binary(struct vyre_builder *builder, enum vyre_binop op,
                                       vyre_expr left, vyre_expr right);
VYRE_API vyre_expr vyre_builder_unary(struct vyre_builder *builder, enum vyre_unop op,
                                      vyre_expr operand);
VYRE_API vyre_expr vyre_builder_binary_opaque(struct vyre_builder *builder, uint32_t extension,
                                              vyre_expr left, vyre_expr right);
VYRE_API vyre_expr vyre_builder_unary_opaque(struct vyre_builder *builder, uint32_t extension,
                                             vyre_expr operand);
VYRE_API vyre_expr vyre_builder_select(struct vyre_builder *builder, vyre_expr condition,
                                       vyre_expr if_true, vyre_expr if_false);
VYRE_API vyre_expr vyre_builder_cast(struct vyre_builder *builder, vyre_type target,
                                     vyre_expr value);
VYRE_API vyre_expr vyre_builder_fma(struct vyre_builder *builder, vyre_expr a, vyre_expr b,
                                    vyre_expr c);
VYRE_API vyre_expr vyre_builder_call(struct vyre_builder *builder, const char *op,
                                     const vyre_expr *args, uint32_t arg_count);

// Atomics on buffer[index]; the value is the old word. `expected` is for compare-exchange; 0: none.
VYRE_API vyre_expr vyre_builder_atomic(struct vyre_builder *builder, enum vyre_atomic_op op,
                                       enum vyre_ordering ordering, const char *buffer,
                                       vyre_expr index, vyre_expr expected, vyre_expr value);
VYRE_API vyre_expr vyre_builder_atomic_opaque(struct vyre_builder *builder, uint32_t extension,
                                              enum vyre_ordering ordering, const char *buffer,
                                              vyre_expr index, vyre_expr value);

VYRE_API vyre_expr vyre_builder_subgroup_add(struct vyre_builder *builder, vyre_expr value);
VYRE_API vyre_expr vyre_builder_subgroup_shuffle(struct vyre_builder *builder, vyre_expr value,
                                                 vyre_expr lane);
VYRE_API vyre_expr vyre_builder_subgroup_ballot(struct vyre_builder *builder, vyre_expr condition);
VYRE_API vyre_expr vyre_builder_subgroup_local_id(struct vyre_builder *builder);
VYRE_API vyre_expr vyre_builder_subgroup_size(struct vyre_builder *builder);

// Extensions: those of this library (docs/ir.md, "Extensions"), then any other by its payload.
VYRE_API vyre_expr vyre_builder_uniform_load(struct vyre_builder *builder, const char *buffer,
                                             vyre_expr index);
VYRE_API vyre_expr vyre_builder_atomic_load(struct vyre_builder *builder,
                                            enum vyre_ordering ordering, const char *buffer,
                                            vyre_expr index);
VYRE_API vyre_expr vyre_builder_param(struct vyre_builder *builder, uint32_t number);
VYRE_API vyre_expr vyre_builder_opaque(struct vyre_builder *builder, const char *kind,
                                       const void *payload, uint32_t payload_size);

// ---- Statements -------------------------------------------------------------------------------

VYRE_API void vyre_builder_let(struct vyre_builder *builder, const char *name, vyre_expr value);
VYRE_API void vyre_builder_assign(struct vyre_builder *builder, const char *name, vyre_expr value);
VYRE_API void vyre_builder_store(struct vyre_builder *builder, const char *buffer, vyre_expr index,
                                 vyre_expr value);

// Statements with a body: what follows belongs to it until vyre_builder_end. Between an if and its
// end, vyre_builder_else begins the other branch, at most once.
VYRE_API void vyre_builder_if(struct vyre_builder *builder, vyre_expr condition);
VYRE_API void vyre_builder_else(struct vyre_builder *builder);
VYRE_API void vyre_builder_loop(struct vyre_builder *builder, const char *variable, vyre_expr from,
                                vyre_expr to);
VYRE_API void vyre_builder_block(struct vyre_builder *builder);
// `source` may be NULL: none.
VYRE_API void vyre_builder_region(struct vyre_builder *builder, const char *generator,
                                  const char *source);
VYRE_API void vyre_builder_end(struct vyre_builder *builder);

VYRE_API void vyre_builder_barrier(struct vyre_builder *builder, enum vyre_ordering ordering);
VYRE_API void vyre_builder_return(struct vyre_builder *builder);
VYRE_API void vyre_builder_trap(struct vyre_builder *builder, vyre_expr address, const char *tag);
VYRE_API void vyre_builder_resume(struct vyre_builder *builder, const char *tag);
VYRE_API void vyre_builder_async_load(struct vyre_builder *builder, const char *source,
                                      const char *destination, vyre_expr offset, vyre_expr size,
                                      const char *tag);
VYRE_API void vyre_builder_async_store(struct vyre_builder *builder, const char *source,
                                       const char *destination, vyre_expr offset, vyre_expr size,
                                       const char *tag);
VYRE_API void vyre_builder_async_wait(struct vyre_builder *builder, const char *tag);

// What a read that the device initiates goes by (spec: protocol.md, 3.1 and 3.3); zero is the
// default of everything.
struct vyre_pull_file_bindings {
    const char *source;      // table of what may be read; NULL: VYRE_IO_SOURCE_TABLE
    const char *destination; // table of where to; NULL: VYRE_IO_DESTINATION_TABLE
    const char *tag;         // what async_wait names; NULL: VYRE_IO_QUEUE_TAG
};

#define VYRE_IO_SOURCE_TABLE      "io_source_capability_table"
#define VYRE_IO_DESTINATION_TABLE "io_destination_capability_table"
#define VYRE_IO_QUEUE_TAG         "io_queue_dma"

// An async_load of the part of a file that the locals `file_start` and `file_end` enclose, in
// bytes: offset `file_start`, size `file_end - file_start`. The program must bind both before, and
// wait for the tag. The tables are names of the runtime's, not necessarily buffers of the program:
// what does not know them refuses the program. `bindings` may be NULL: all defaults.
VYRE_API void vyre_builder_pull_file_async_direct(struct vyre_builder *builder,
                                                  const struct vyre_pull_file_bindings *bindings);
VYRE_API void vyre_builder_indirect_dispatch(struct vyre_builder *builder, const char *buffer,
                                             uint64_t offset);
VYRE_API void vyre_builder_all_reduce(struct vyre_builder *builder, const char *buffer,
                                      enum vyre_collective op, uint32_t group);
VYRE_API void vyre_builder_all_gather(struct vyre_builder *builder, const char *input,
                                      const char *output, uint32_t group);
VYRE_API void vyre_builder_reduce_scatter(struct vyre_builder *builder, const char *input,
                                          const char *output, enum vyre_collective op,
                                          uint32_t group);
VYRE_API void vyre_builder_broadcast(struct vyre_builder *builder, const char *buffer,
                                     uint32_t root, uint32_t group);
VYRE_API void vyre_builder_atomic_store(struct vyre_builder *builder, enum vyre_ordering ordering,
                                        const char *buffer, vyre_expr index, vyre_expr value);
VYRE_API void vyre_builder_opaque_statement(struct vyre_builder *builder, const char *kind,
                                            const void *payload, uint32_t payload_size);

VYRE_END

#endif // VYRE_BUILDER_H
