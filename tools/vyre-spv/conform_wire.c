// SPDX-License-Identifier: MIT
// Judges records of the kinds wire and wire_bad: programs and malformed bytes against the codec.
#include "conform.h"

#include <string.h>

// ---- Refusals -----------------------------------------------------------------------------------

// The class of refusal that a code of ours belongs to, as records spell it.
static const struct {
    const char *token;
    const char *code;
} classes[] = {
    { "invalid_header", "W001" },
    { "version", "W002" },
    { "truncated", "W003" },
    { "TruncatedPayload", "W004" },
    { "InvalidDiscriminant", "W005" },
    { "IntegrityMismatch", "W006" },
    { "UnknownOp", "W007" },
    { "fix", "W008" },
    { "utf8", "W009" },
};

// Limits that the original does not have (docs/ir.md, "Where results may differ").
static const struct {
    const char *code;
    const char *id;
} limits[] = {
    { "W010", "W-1" },
    { "W011", "W-2" },
};

static const char *deviation_of(const char *code)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (strcmp(limits[i].code, code) == 0)
            return limits[i].id;
    }
    return NULL;
}

// `kind` and `token` of the original's error; an empty token says nothing more than the kind.
static enum conform_outcome check_refusal(struct conform_case *c, const char *kind,
                                          const char *token, const struct conform_diags *diags)
{
    const char *id = deviation_of(diags->first);
    if (id)
        return conform_deviate(c, id, "refused with %s: %s", diags->first, diags->text);
    if (!kind || !token)
        return conform_malformed(c, "the error has no kind or no token");
    const bool is_version = strcmp(kind, "VersionMismatch") == 0;
    if (!is_version && strcmp(kind, "WireFormatValidation") != 0)
        return conform_malformed(c, "'%s' is no kind of error", kind);
    // Not inside the loop: gcc 12 compiles that wrong with -O3.
    if (is_version)
        token = "version";
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(classes[i].token, token) != 0)
            continue;
        if (strcmp(classes[i].code, diags->first) == 0)
            return CONFORM_PASSED;
        return conform_fail(c, "refused with %s (%s), expected %s (%s)", diags->first, diags->text,
                            classes[i].code, is_version ? kind : token);
    }
    return conform_malformed(c, "'%s' is no class of error", token);
}

// ---- Programs -----------------------------------------------------------------------------------

static enum conform_outcome compare_bytes(struct conform_case *c, const char *what,
                                          const uint8_t *got, size_t got_size,
                                          const struct tool_bytes *expected)
{
    const uint8_t *wanted = (const uint8_t *)expected->data;
    size_t at = 0;
    while (at < got_size && at < expected->size && got[at] == wanted[at])
        at++;
    if (at == got_size && at == expected->size)
        return CONFORM_PASSED;
    if (at == got_size || at == expected->size)
        return conform_fail(c, "%s: %zu bytes, expected %zu", what, got_size, expected->size);
    return conform_fail(c, "%s: byte %zu is %02x, expected %02x", what, at, got[at], wanted[at]);
}

// Encodes the program and compares with a field of hexadecimal digits.
static enum conform_outcome check_encoding(struct conform_case *c, const char *what,
                                           const struct vyre_program *program, const json_t *field)
{
    struct tool_bytes expected;
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!conform_hex(field, &expected))
        return conform_malformed(c, "the expected bytes of %s are not hexadecimal", what);
    enum vyre_result result = vyre_program_encode(program, &sink, &bytes, &size);
    enum conform_outcome outcome =
        result ? conform_fail(c, "%s: %s: %s %s", what, vyre_result_name(result), diags.first,
                              diags.text)
               : compare_bytes(c, what, bytes, size, &expected);
    vyre_free(bytes);
    tool_bytes_fini(&expected);
    return outcome;
}

enum conform_outcome conform_identity(struct conform_case *c, const struct vyre_program *program)
{
    // The second is given where decoding changes the program.
    const json_t *decoded = json_object_get(c->record, "decoded_fingerprint");
    const json_t *field = decoded ? decoded : json_object_get(c->record, "fingerprint");
    const json_t *canonical = json_object_get(c->record, "canonical");
    uint8_t got[VYRE_FINGERPRINT_SIZE];
    struct tool_bytes expected = { .size = 0 };
    enum conform_outcome outcome = CONFORM_PASSED;
    if (canonical && !decoded) {
        struct vyre_program *form = NULL;
        enum vyre_result result = vyre_program_canonicalize(program, &form);
        outcome = result ? conform_fail(c, "canonical form: %s", vyre_result_name(result))
                         : check_encoding(c, "canonical form", form, canonical);
        vyre_program_destroy(&form);
    }
    if (outcome || !field)
        return outcome;
    if (!conform_hex(field, &expected))
        return conform_malformed(c, "the fingerprint is not hexadecimal");
    enum vyre_result result = vyre_program_fingerprint(program, NULL, got);
    outcome = result ? conform_fail(c, "fingerprint: %s", vyre_result_name(result))
                     : compare_bytes(c, "fingerprint", got, sizeof got, &expected);
    tool_bytes_fini(&expected);
    return outcome;
}

// The envelope that the record gives is written, and read as the same program.
static enum conform_outcome check_envelope(struct conform_case *c,
                                           const struct vyre_program *program)
{
    const char *expected = conform_text(c, "text");
    if (!expected)
        return CONFORM_PASSED;
    char *text = NULL;
    size_t size = 0;
    struct vyre_program *again = NULL;
    enum conform_outcome outcome = CONFORM_PASSED;
    if (vyre_program_encode_envelope(program, NULL, &text, &size) || strcmp(text, expected) != 0)
        outcome = conform_fail(c, "the envelope is another text");
    else if (vyre_program_decode_envelope(expected, size, NULL, NULL, &again))
        outcome = conform_fail(c, "the envelope cannot be read");
    else
        outcome =
            check_encoding(c, "what the envelope holds", again, json_object_get(c->record, "wire"));
    vyre_free(text);
    vyre_program_destroy(&again);
    return outcome;
}

// The buffers that the program may write, by their indices (spec: ir.md, 3.10).
static enum conform_outcome check_outputs(struct conform_case *c,
                                          const struct vyre_program *program)
{
    const json_t *list = json_object_get(c->record, "output_indices");
    size_t next = 0;
    if (!list)
        return CONFORM_PASSED;
    for (size_t i = 0; i < vyre_program_buffer_count(program); i++) {
        struct vyre_buffer_info info;
        if (vyre_program_buffer_info(program, i, &info) ||
            (info.access != VYRE_ACCESS_READ_WRITE && info.access != VYRE_ACCESS_WRITE_ONLY))
            continue;
        const json_t *expected = json_array_get(list, next++);
        if (!expected || json_integer_value(expected) != (json_int_t)i)
            return conform_fail(c, "buffer %zu is an output; it is not expected to be one", i);
    }
    if (next != json_array_size(list))
        return conform_fail(c, "%zu buffers are outputs, expected %zu", next,
                            json_array_size(list));
    return CONFORM_PASSED;
}

static enum conform_outcome check_program(struct conform_case *c,
                                          const struct vyre_program *program)
{
    const json_t *reencoded = json_object_get(c->record, "reencoded");
    enum conform_outcome outcome = check_encoding(
        c, "encoded again", program, reencoded ? reencoded : json_object_get(c->record, "wire"));
    // A fallback identity is made of the original's own messages.
    if (!outcome && !json_is_true(json_object_get(c->record, "fallback_fingerprint")))
        outcome = conform_identity(c, program);
    if (!outcome && !reencoded) // the envelope is of what the original had in memory
        outcome = check_envelope(c, program);
    return outcome ? outcome : check_outputs(c, program);
}

enum conform_outcome conform_wire(struct conform_case *c)
{
    struct tool_bytes wire;
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_program *program = NULL;
    if (json_is_null(json_object_get(c->record, "wire")))
        return conform_skip(c, "the record holds no program: the original could not encode it");
    if (!conform_hex(json_object_get(c->record, "wire"), &wire))
        return conform_malformed(c, "'wire' is not hexadecimal");
    enum vyre_result result = vyre_program_decode(wire.data, wire.size, &sink, &program);
    const bool decodes = json_is_true(json_object_get(c->record, "decodes"));
    const json_t *error = json_object_get(c->record, "decode_error");
    enum conform_outcome outcome = CONFORM_PASSED;
    if (result && (!decodes || deviation_of(diags.first)))
        outcome = check_refusal(c, json_string_value(json_object_get(error, "kind")),
                                json_string_value(json_object_get(error, "token")), &diags);
    else if (result)
        outcome = conform_fail(c, "refused with %s: %s", diags.first, diags.text);
    else if (!decodes)
        outcome = conform_fail(c, "decoded; the original refuses it");
    else
        outcome = check_program(c, program);
    vyre_program_destroy(&program);
    tool_bytes_fini(&wire);
    return outcome;
}

// ---- Malformed bytes ----------------------------------------------------------------------------

static enum conform_outcome check_accepted(struct conform_case *c,
                                           const struct vyre_program *program)
{
    const json_t *reencoded = json_object_get(c->record, "reencoded");
    enum conform_outcome outcome = check_encoding(
        c, "encoded again", program, reencoded ? reencoded : json_object_get(c->record, "wire"));
    return outcome ? outcome : conform_identity(c, program);
}

enum conform_outcome conform_wire_bad(struct conform_case *c)
{
    const char *original = conform_text(c, "original");
    struct tool_bytes wire;
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_program *program = NULL;
    const bool accepts = original && strcmp(original, "accepts") == 0;
    const bool panics = original && strcmp(original, "panic") == 0;
    if (!accepts && !panics && (!original || strcmp(original, "error") != 0))
        return conform_malformed(c, "'original' is neither error, accepts nor panic");
    if (!conform_hex(json_object_get(c->record, "wire"), &wire))
        return conform_malformed(c, "'wire' is not hexadecimal");
    enum vyre_result result = vyre_program_decode(wire.data, wire.size, &sink, &program);
    enum conform_outcome outcome = CONFORM_PASSED;
    if (panics) // the original broke; we must have an answer, whichever it is
        outcome =
            result && !diags.first[0] ? conform_fail(c, "refused without a word") : CONFORM_PASSED;
    else if (result && (!accepts || deviation_of(diags.first)))
        outcome = check_refusal(c, conform_text(c, "error_kind"), conform_text(c, "token"), &diags);
    else if (result)
        outcome = conform_fail(c, "refused with %s: %s", diags.first, diags.text);
    else if (!accepts)
        outcome = conform_fail(c, "accepted; the original refuses it");
    else
        outcome = check_accepted(c, program);
    vyre_program_destroy(&program);
    tool_bytes_fini(&wire);
    return outcome;
}
