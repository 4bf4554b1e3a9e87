// SPDX-License-Identifier: MIT
// Programs: one compute dispatch in vyre IR.
#ifndef VYRE_PROGRAM_H
#define VYRE_PROGRAM_H

#include <vyre/diag.h>
#include <vyre/result.h>

VYRE_BEGIN

// An immutable program: buffers, workgroup size and body.
//
// Thread-safety: any number of threads may use one program at once.
// Lifetime: reference counted; kernels and modules made from it do not need it any more.
struct vyre_program;

enum vyre_access {
    VYRE_ACCESS_READ_ONLY = 0,
    VYRE_ACCESS_READ_WRITE = 1,
    VYRE_ACCESS_UNIFORM = 2,
    VYRE_ACCESS_WORKGROUP = 3,
    VYRE_ACCESS_WRITE_ONLY = 4,
};

// What a caller must know about a buffer in order to fill or read it.
struct vyre_buffer_info {
    const char *name; // borrowed from the program, NUL-terminated
    size_t name_size; // names may contain NUL bytes
    uint32_t binding; // meaningless for workgroup buffers
    enum vyre_access access;
    const char *element;   // type spelling, for example "u32"; borrowed from the program
    uint32_t element_size; // bytes from one element to the next; 0 when the type has no stride
    uint32_t count;        // elements; 0 means sized at run time
    uint64_t byte_size;    // of `count` elements, packed; 0 when sized at run time or not known
    bool is_output;        // the program's result, allocated for the caller by vyre_interpret
    bool is_live_out;      // read by the host after the run
    // A run returns bytes range_start to range_end, the end excluded, and not the whole buffer; but
    // the whole where that is no part of it.
    bool has_range;
    uint64_t range_start;
    uint64_t range_end;
};

// Parses the text form, at most 4 GiB of it. `name` is used in diagnostics and may be NULL.
// Codes T001.. go to `diag`; the first error ends the parse with VYRE_ERR_INVALID_PROGRAM.
// The result is not validated: call vyre_program_validate.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_parse(const char *text, size_t size,
                                                           const char *name,
                                                           const struct vyre_diag_sink *diag,
                                                           struct vyre_program **out);

// Prints the text form. The string is NUL-terminated; free it with vyre_free.
// vyre_program_parse of the text gives an equal program.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_print(const struct vyre_program *program,
                                                           char **out, size_t *out_size);

// Decodes a program from its binary wire form, version 4 (spec: ir.md, section 3). Hostile bytes
// are refused in bounded time and memory: VYRE_ERR_INVALID_PROGRAM with a code W00n; more than 64
// MiB or 4,194,304 nodes, expressions and composed types are too many. The result is not validated.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_decode(const void *bytes, size_t size,
                                                            const struct vyre_diag_sink *diag,
                                                            struct vyre_program **out);

// Encodes the program as written. Free *out with vyre_free. Returns VYRE_ERR_INVALID_PROGRAM (codes
// W02n) for programs that have no wire form, for example with a workgroup dimension of 0 or with
// more than 64 levels of nesting: what is encoded, vyre_program_decode decodes.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_encode(const struct vyre_program *program,
                                                            const struct vyre_diag_sink *diag,
                                                            uint8_t **out, size_t *size);

// Reads the hex envelope, which is text around the wire form (spec: ir.md, section 6): the line
// `vyre_ir v0.1`, the line `wire_bytes N`, then N bytes in hexadecimal. Lines end with LF or CRLF;
// empty lines are skipped. `name` is used in diagnostics and may be NULL. Time and memory are
// linear in `size`. Codes W031 to W036 with line and column, or those of the wire form inside; the
// first error ends it with VYRE_ERR_INVALID_PROGRAM. The result is not validated. Thread-safety:
// Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_decode_envelope(
    const char *text, size_t size, const char *name, const struct vyre_diag_sink *diag,
    struct vyre_program **out);

// Writes the hex envelope of the program as written: 32 bytes a line, lowercase, LF. The string is
// NUL-terminated; free it with vyre_free. Fails as vyre_program_encode does.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_encode_envelope(
    const struct vyre_program *program, const struct vyre_diag_sink *diag, char **out,
    size_t *out_size);

// The canonical form as a program of its own (spec: ir.md, 5.1 to 5.3): buffers in canonical order,
// operands of commutative operators sorted, blocks that bind nothing dissolved. It computes the
// same values but reorders inputs and effects: compare programs by it, run the original.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_canonicalize(
    const struct vyre_program *program, struct vyre_program **out);

enum { VYRE_FINGERPRINT_SIZE = 32 };

// The identity of a program: BLAKE3 over the wire form of its canonical form (spec: ir.md, 5.4). It
// ignores declaration order, the order of commutative operands, blocks that bind nothing, and
// fields that are not on the wire; so it names a program but must not key compiled code. Returns
// VYRE_ERR_INVALID_PROGRAM for programs that have no wire form. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_fingerprint(
    const struct vyre_program *program, const struct vyre_diag_sink *diag,
    uint8_t out[VYRE_FINGERPRINT_SIZE]);

struct vyre_registry;

// A backend that casts to some types only.
struct vyre_cast_backend {
    const char *name;           // for the message; NULL: "this backend"
    const char *const *targets; // types by their spelling, for example "u32"
    size_t target_count;
};

// Options of vyre_program_validate; zero is the default for all of them.
struct vyre_validate_params {
    bool allow_shadowing; // switches off V008
    bool subgroup_ops;    // the target has subgroup operations (else V041)
    bool collectives;     // the target has distributed collectives (else V046)
    // Calls are checked against it (V016, V020, V021, V022); NULL: calls are not checked.
    const struct vyre_registry *registry;
    // Casts to other types than its targets are refused (V034); NULL: every target is supported.
    const struct vyre_cast_backend *cast_backend;
    const struct vyre_diag_sink *diag;
};

#define vyre_validate_params(...) (&(const struct vyre_validate_params){ __VA_ARGS__ })

// Checks every rule of the language, in a fixed order, and reports each violation to `diag`.
// Returns VYRE_OK (warnings may have been reported) or VYRE_ERR_INVALID_PROGRAM.
// `params` may be NULL. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_validate(
    const struct vyre_program *program, const struct vyre_validate_params *params);

// Number of declared buffers, workgroup buffers included, in declaration order.
// Thread-safety: Safe.
VYRE_API size_t vyre_program_buffer_count(const struct vyre_program *program);

// Describes buffer `index`. Returns VYRE_MISS when there is no such buffer.
// Thread-safety: Safe. Lifetime: borrowed from the program.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_buffer_info(const struct vyre_program *program,
                                                                 size_t index,
                                                                 struct vyre_buffer_info *out);

// The workgroup size, x, y, z, in invocations. Thread-safety: Safe.
VYRE_API void vyre_program_workgroup_size(const struct vyre_program *program, uint32_t out[3]);

// The grid of a run that is given none, in workgroups, by the rule of docs/ir.md ("The grid").
// `buffer_bytes` are the sizes of the declared buffers, in declaration order; those of workgroup
// buffers are not looked at, and the rule counts elements, of which a rest at the end is none.
// Counts beyond 2^32 - 1 saturate. VYRE_ERR_INVALID_ARGUMENT: `buffer_count` is not the program's.
// VYRE_ERR_UNSUPPORTED: elements of a buffer have no size. On failure `out` is zeros.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_derive_grid(const struct vyre_program *program,
                                                                 const uint64_t *buffer_bytes,
                                                                 size_t buffer_count,
                                                                 uint32_t out[3]);

// How much a program says.
struct vyre_program_size {
    size_t statements;  // blocks and regions included
    size_t expressions; // operands included
    size_t accesses;    // loads, stores and atomics, of elements
    size_t loops;
};

// Counts the parts of a program, in time linear in them. Thread-safety: Safe.
VYRE_API void vyre_program_measure(const struct vyre_program *program,
                                   struct vyre_program_size *out);

// Takes another reference and returns `program`; NULL gives NULL. Thread-safety: Safe.
VYRE_API struct vyre_program *vyre_program_ref(struct vyre_program *program);

// Drops a reference and sets *program to NULL. *program may be NULL. Thread-safety: Safe.
VYRE_API void vyre_program_destroy(struct vyre_program **program);

// Frees memory that the library returned as an owned array or string. NULL is accepted.
// Thread-safety: Safe.
VYRE_API void vyre_free(void *memory);

VYRE_END

#endif // VYRE_PROGRAM_H
