// SPDX-License-Identifier: MIT
// The op registry: operations that programs call by name (`call "op.id"(a, b)`).
//
//     struct vyre_registry *registry;
//     vyre_registry_create(&registry);
//     vyre_registry_add_standard_ops(registry, diag);
//     vyre_registry_add_op(registry, vyre_op_params(.id = "my.hash", .inputs = inputs,
//                                                   .input_count = 2, .outputs = &word,
//                                                   .output_count = 1, .evaluate = hash));
//     vyre_registry_freeze(registry);
//     vyre_interpret(program, vyre_interpret_params(.registry = registry, ...), &outputs);
//
// A registry is filled by one thread and then frozen. Before that it belongs to that thread, which
// may use it too; from then on it never changes, and any number of threads may use it at once.
#ifndef VYRE_REGISTRY_H
#define VYRE_REGISTRY_H

#include <vyre/program.h>

VYRE_BEGIN

struct vyre_registry;

// What kind of operation it is: made of other operations, an extension, or an intrinsic that a
// backend has or does not have.
enum vyre_op_category {
    VYRE_OP_COMPOSITE = 0,
    VYRE_OP_EXTENSION = 1,
    VYRE_OP_INTRINSIC = 2,
};

// An argument or a result. The validator knows the types u8 u16 u32 u64 i8 i16 i32 i64 f32 bool
// bytes vec2<u32> vec4<u32>, also spelled U8 ... Bool Bytes Vec2U32 Vec4U32. Any other spelling may
// be registered, for handles of a runtime for example, but a call that passes an argument to it is
// refused (V021).
struct vyre_op_operand {
    const char *type;
    const char *name; // for people; may be NULL
};

// Where an evaluation puts its result; lives for one evaluation.
struct vyre_op_result;

// Evaluates an op on the host. `arguments` are the values back to back, little-endian and without
// padding, each in the width of its declared type: 4 bytes for u32, i32 and f32, 8 for u64, i64 and
// f64, and 1 for anything else (bool and u8, but vec2<u32> too). As in the original, an argument of
// type f32 is the first 4 bytes of the binary64 that holds it.
//
// The result is what is appended to `result`. An op whose first result is declared as u32, i32 or
// f32 gives the first 4 bytes of it, zeros where there are fewer; any other gives all of its bytes.
// Anything but VYRE_OK ends the run with VYRE_ERR_EXECUTION (X032).
//
// Called on the thread that interprets. A registry that several threads use calls it from all of
// them, so `cookie` must bear that. It may not change or destroy the registry.
typedef enum vyre_result (*vyre_op_evaluate)(void *cookie, const uint8_t *arguments, size_t size,
                                             struct vyre_op_result *result);

// Appends bytes to the result of the evaluation that runs. Returns VYRE_ERR_LIMIT above 64 MiB or
// the memory limit of the run, and VYRE_ERR_NO_MEMORY; pass either on. Thread-safety: only from the
// evaluation that `result` was given to.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_op_result_append(struct vyre_op_result *result,
                                                              const void *bytes, size_t size);

// One operation; texts are NUL-terminated UTF-8 and copied.
struct vyre_op_params {
    const char *id; // not empty, unique in the registry
    enum vyre_op_category category;
    const struct vyre_op_operand *inputs; // at most 4,096
    size_t input_count;
    const struct vyre_op_operand *outputs; // at most 4,096; only the first has a meaning so far
    size_t output_count;
    // What a backend must be able to do for this op, for example "nvme_dma"; NULL: nothing special.
    // A backend that does not have it refuses the program. `provider` says in a few words what
    // would provide it, for the fix of that diagnostic; it may be NULL.
    const char *capability;
    const char *provider;
    vyre_op_evaluate evaluate; // NULL: the host cannot evaluate it
    void *cookie;
    // A program that computes the same, which compilers put in place of calls, and the interpreter
    // where the host cannot evaluate the op. Its read-only and uniform buffers, in the order of
    // their bindings, are the arguments, its output buffer is the result; each has one element, of
    // u32, i32, f32 or bool, as the signature says. It only computes a value: nothing in it but
    // let, assignment, if, loop, blocks, loads and stores of these, calls of ops that were added
    // before, and operators. NULL: none. The registry takes a reference.
    struct vyre_program *program;
    const struct vyre_diag_sink *diag;
};

#define vyre_op_params(...) (&(const struct vyre_op_params){ __VA_ARGS__ })

// An empty registry, owned by the caller.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_registry_create(struct vyre_registry **out);

// Adds an op. Returns VYRE_ERR_INVALID_ARGUMENT, with a code O00n, for a malformed op, an id that
// is taken, a body that cannot take the place of a call, and a frozen registry; nothing changed
// then.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_registry_add_op(struct vyre_registry *registry,
                                                             const struct vyre_op_params *params);

// Adds the ops that the language defines: io.dma_from_nvme and io.write_back_to_nvme (capability
// nvme_dma), mem.zerocopy_map and mem.unmap (zerocopy_map), core.indirect_dispatch
// (indirect_dispatch). They are intrinsics: names with signatures that no backend of this library
// can run yet. On failure none is added that was not there. `diag` may be NULL.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_registry_add_standard_ops(
    struct vyre_registry *registry, const struct vyre_diag_sink *diag);

// Ends the filling: no op can be added any more, and threads may share the registry.
VYRE_API void vyre_registry_freeze(struct vyre_registry *registry);

// Number of ops, in the order in which they were added.
VYRE_API size_t vyre_registry_op_count(const struct vyre_registry *registry);

// Op `index`, or the op with an id, as it was added; `diag` is NULL. VYRE_MISS when there is none.
// Lifetime: borrowed from the registry.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_registry_get_op(const struct vyre_registry *registry,
                                                             size_t index,
                                                             struct vyre_op_params *out);
VYRE_API VYRE_MUST_USE enum vyre_result vyre_registry_find_op(const struct vyre_registry *registry,
                                                              const char *id,
                                                              struct vyre_op_params *out);

// Puts the bodies of ops in place of their calls, which gives a program that kernels and rings can
// be made of; calls of ops without a body, or whose capability is not among `capabilities`, stay.
// *out is the program itself, with another reference, when there is nothing to put in place. The
// program must be valid with this registry (else VYRE_ERR_INVALID_PROGRAM, with the validator's
// codes). VYRE_ERR_LIMIT (O005): the result would be larger than a valid program. `diag` may be
// NULL.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_registry_inline(const struct vyre_registry *registry,
                                                             struct vyre_program *program,
                                                             const char *const *capabilities,
                                                             size_t capability_count,
                                                             const struct vyre_diag_sink *diag,
                                                             struct vyre_program **out);

// Takes another reference and returns `registry`; NULL gives NULL. Thread-safety: Safe.
VYRE_API struct vyre_registry *vyre_registry_ref(struct vyre_registry *registry);

// Drops a reference and sets *registry to NULL. *registry may be NULL. Thread-safety: Safe.
VYRE_API void vyre_registry_destroy(struct vyre_registry **registry);

VYRE_END

#endif // VYRE_REGISTRY_H
