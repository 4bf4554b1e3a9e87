// SPDX-License-Identifier: MIT
// What `vyre-spv conform` and the judges of its record kinds share.
//
// A record is one object of a JSON Lines file; its fields tell its kind (conform.c), and one judge
// per kind says whether the library does what the record says. A judge sees the public headers
// only, looks at no record's name, and decides from the record and its program whether it can judge
// it, never from the outcome. Records come from anywhere: a field that is missing or of another
// type is answered with conform_malformed.
#ifndef VYRE_SPV_CONFORM_H
#define VYRE_SPV_CONFORM_H

#include <jansson.h>

#include "tool.h"

enum conform_outcome {
    CONFORM_PASSED,
    CONFORM_FAILED,
    CONFORM_DEVIATES,  // differs in a way that docs/ir.md decides under an id
    CONFORM_SKIPPED,   // cannot be judged here, for a reason that the record or its program gives
    CONFORM_MALFORMED, // not a record; counts as failed
    CONFORM_OUTCOMES
};

// What all records are judged with.
struct conform_backend {
    struct vyre_device *device;      // NULL: the interpreter
    uint32_t loop_limit;             // passes after which its driver ends shaders; 0: it does not
    const struct vyre_registry *ops; // that records may call (conform_ops.h)
};

// One record on its way through its judge.
struct conform_case {
    const json_t *record; // an object; borrowed
    const struct conform_backend *backend;
    const char *deviation; // id of a deviation; static
    char text[2000];       // the difference or the reason, for people
};

// Each fills the case's text, cut where it is full, and returns its outcome. A skip's text is
// counted as it is, so it must not contain anything of a single record.
__attribute__((format(printf, 2, 3))) enum conform_outcome conform_fail(struct conform_case *c,
                                                                        const char *format, ...);
__attribute__((format(printf, 2, 3))) enum conform_outcome conform_skip(struct conform_case *c,
                                                                        const char *format, ...);
__attribute__((format(printf, 2, 3))) enum conform_outcome conform_malformed(struct conform_case *c,
                                                                             const char *format,
                                                                             ...);

// `id` is of docs/ir.md and static.
__attribute__((format(printf, 3, 4))) enum conform_outcome conform_deviate(struct conform_case *c,
                                                                           const char *id,
                                                                           const char *format, ...);

// ---- Fields -------------------------------------------------------------------------------------

// The text of a field, or NULL when it is missing or no string.
const char *conform_text(const struct conform_case *c, const char *key);

// Bytes of a value that is a string of hexadecimal digits. False when it is not one.
bool conform_hex(const json_t *value, struct tool_bytes *out);

// ---- Diagnostics --------------------------------------------------------------------------------

// Keeps what a call reports. Zero-initialised; `sink` is what the call takes.
struct conform_diags {
    char first[8];       // code of the first error, "" for none
    char text[256];      // its text
    char errors[1024];   // all codes of errors in order, each with a blank behind it
    char warnings[1024]; // the same for warnings
};
struct vyre_diag_sink conform_sink(struct conform_diags *diags);

// ---- Judges -------------------------------------------------------------------------------------

enum conform_outcome conform_wire(struct conform_case *c);
enum conform_outcome conform_wire_bad(struct conform_case *c);
enum conform_outcome conform_text_form(struct conform_case *c);
enum conform_outcome conform_validate(struct conform_case *c);
enum conform_outcome conform_protocol(struct conform_case *c);
enum conform_outcome conform_run(struct conform_case *c); // semantics, programs, fuzz and the like

// A runnable record whose program was decoded, on the backend's device.
enum conform_outcome conform_run_on_device(struct conform_case *c,
                                           const struct vyre_program *program);

// Identity of a program: canonical bytes where the record has them, and fingerprint.
enum conform_outcome conform_identity(struct conform_case *c, const struct vyre_program *program);

#endif // VYRE_SPV_CONFORM_H
