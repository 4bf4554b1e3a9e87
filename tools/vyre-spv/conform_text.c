// SPDX-License-Identifier: MIT
// Judges records of the kind text: spellings of the hex envelope and the errors in them.
#include "conform.h"

#include <string.h>

// Our code for each kind of error of the original; what is wrong with the bytes inside has a code
// of the wire format.
static const struct {
    const char *kind;
    const char *code;
} kinds[] = {
    { "MissingHeader", "W031" },       { "MissingWireBytesLine", "W032" },
    { "WireBytesTooLarge", "W033" },   { "OddHexLineLength", "W034" },
    { "InvalidHexCharacter", "W035" }, { "DeclaredLengthMismatch", "W036" },
    { "WireDecodeFailed", "W00" },
};

static enum conform_outcome check_refusal(struct conform_case *c, const char *kind,
                                          const struct conform_diags *diags)
{
    for (size_t i = 0; kind && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].kind, kind) != 0)
            continue;
        if (strncmp(kinds[i].code, diags->first, strlen(kinds[i].code)) == 0)
            return CONFORM_PASSED;
        return conform_fail(c, "refused with %s (%s), expected %s (%s)", diags->first, diags->text,
                            kinds[i].code, kind);
    }
    return conform_malformed(c, "'%s' is no kind of error", kind ? kind : "");
}

// What was read is written as the format says, and that is read as the same program.
static enum conform_outcome check_written(struct conform_case *c,
                                          const struct vyre_program *program)
{
    char *text = NULL;
    char *second = NULL;
    size_t size = 0;
    size_t second_size = 0;
    struct vyre_program *again = NULL;
    enum conform_outcome outcome = CONFORM_PASSED;
    if (vyre_program_encode_envelope(program, NULL, &text, &size) ||
        vyre_program_decode_envelope(text, size, NULL, NULL, &again) ||
        vyre_program_encode_envelope(again, NULL, &second, &second_size))
        outcome = conform_fail(c, "what was read cannot be written and read again");
    else if (size != second_size || memcmp(text, second, size) != 0)
        outcome = conform_fail(c, "what was written is read as another program");
    vyre_program_destroy(&again);
    vyre_free(text);
    vyre_free(second);
    return outcome;
}

enum conform_outcome conform_text_form(struct conform_case *c)
{
    const json_t *text = json_object_get(c->record, "text");
    const char *original = conform_text(c, "original");
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_program *program = NULL;
    const bool accepts = original && strcmp(original, "accepts") == 0;
    if (!json_is_string(text))
        return conform_malformed(c, "'text' is no text");
    if (!accepts && (!original || strcmp(original, "error") != 0))
        return conform_malformed(c, "'original' is neither error nor accepts");
    enum vyre_result result = vyre_program_decode_envelope(
        json_string_value(text), json_string_length(text), NULL, &sink, &program);
    enum conform_outcome outcome = CONFORM_PASSED;
    if (result && !accepts)
        outcome = check_refusal(c, conform_text(c, "error_kind"), &diags);
    else if (result)
        outcome = conform_fail(c, "refused with %s: %s", diags.first, diags.text);
    else if (!accepts)
        outcome = conform_fail(c, "accepted; the original refuses it");
    else
        outcome = check_written(c, program);
    vyre_program_destroy(&program);
    return outcome;
}
