// SPDX-License-Identifier: MIT
// Runs records of the kinds wire and wire_bad (see README.md) against the codec.
// usage: wire PASSED,DEVIATING FILE.jsonl...
#include "test.h"

#include "hex.h"
#include "records.h"

#include <stdlib.h>
#include <vyre/program.h>

struct counts {
    unsigned passed;
    unsigned failed;
    unsigned deviates;
};

// Differences that were decided; docs/ir.md explains the ids.
static const struct {
    const char *name;
    const char *id;
} deviations[] = {
    { "type/nested20000", "W-1" }, // data types nest at most 4,096 levels
};

static const char *deviation_of(const char *name)
{
    for (size_t i = 0; i < sizeof deviations / sizeof deviations[0]; i++)
        if (strcmp(deviations[i].name, name) == 0)
            return deviations[i].id;
    return NULL;
}

struct seen_codes {
    char first[8];
};

static void note_code(void *user, const struct vyre_diag *diag)
{
    struct seen_codes *seen = user;
    if (!seen->first[0])
        snprintf(seen->first, sizeof seen->first, "%s", diag->code);
}

static const char *text_of(const json_t *record, const char *key)
{
    return json_string_value(json_object_get(record, key));
}

static bool fails(const char *name, const char *what)
{
    printf("FAIL %s: %s\n", name, what);
    return false;
}

// The class of a code, as the corpus spells the kind of a refusal.
static bool code_fits(const char *code, const char *token)
{
    static const struct {
        const char *token;
        const char *code;
    } classes[] = {
        { "invalid_header", "W001" },
        { "truncated", "W003" },
        { "TruncatedPayload", "W004" },
        { "InvalidDiscriminant", "W005" },
        { "IntegrityMismatch", "W006" },
        { "UnknownOp", "W007" },
        { "fix", "W008" },
        { "utf8", "W009" },
        { "version", "W002" },
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].token, token) == 0)
            return strcmp(classes[i].code, code) == 0;
    return false;
}

static bool encodes_to(const char *name, const struct vyre_program *program, const uint8_t *bytes,
                       size_t size)
{
    uint8_t *encoded = NULL;
    size_t encoded_size = 0;
    enum vyre_result result = vyre_program_encode(program, NULL, &encoded, &encoded_size);
    bool same = result == VYRE_OK && encoded_size == size && memcmp(encoded, bytes, size) == 0;
    vyre_free(encoded);
    return same || fails(name, "encodes to other bytes");
}

// Canonical bytes and fingerprint, given for every program that the original encodes.
static bool check_identity(const char *name, const json_t *record,
                           const struct vyre_program *program)
{
    const char *decoded = text_of(record, "decoded_fingerprint");
    struct hex fingerprint = hex_decode(decoded ? decoded : text_of(record, "fingerprint"));
    struct hex canonical = hex_decode(text_of(record, "canonical"));
    uint8_t got[VYRE_FINGERPRINT_SIZE];
    struct vyre_program *made = NULL;
    bool ok = true;
    if (vyre_program_canonicalize(program, &made) != VYRE_OK)
        ok = fails(name, "has no canonical form");
    else if (canonical.size && !decoded)
        ok = encodes_to(name, made, canonical.data, canonical.size);
    if (ok && (vyre_program_fingerprint(program, NULL, got) != VYRE_OK ||
               memcmp(got, fingerprint.data, sizeof got) != 0))
        ok = fails(name, "has another fingerprint");
    vyre_program_destroy(&made);
    hex_free(&canonical);
    hex_free(&fingerprint);
    return ok;
}

static bool check_wire(const json_t *record)
{
    const char *name = text_of(record, "name");
    const char *wire = text_of(record, "wire");
    if (!wire)
        return true; // the original refuses to encode it: nothing to decode
    struct hex bytes = hex_decode(wire);
    struct seen_codes seen = { "" };
    struct vyre_program *program = NULL;
    enum vyre_result result = vyre_program_decode(
        bytes.data, bytes.size, &(struct vyre_diag_sink){ note_code, &seen }, &program);
    bool ok = true;
    if (json_is_true(json_object_get(record, "decodes"))) {
        const char *reencoded = text_of(record, "reencoded");
        struct hex expected = hex_decode(reencoded ? reencoded : wire);
        ok = result == VYRE_OK ? encodes_to(name, program, expected.data, expected.size)
                               : fails(name, seen.first);
        hex_free(&expected);
        if (ok && !json_is_true(json_object_get(record, "fallback_fingerprint")))
            ok = check_identity(name, record, program);
    } else if (result != VYRE_ERR_INVALID_PROGRAM) {
        ok = fails(name, "is decoded, the original refuses it");
    } else {
        const char *token = text_of(json_object_get(record, "decode_error"), "token");
        if (token && !code_fits(seen.first, token)) {
            printf("code %s, token %s: ", seen.first, token);
            ok = fails(name, "is refused for another reason");
        }
    }
    vyre_program_destroy(&program);
    hex_free(&bytes);
    return ok;
}

static bool check_wire_bad(const json_t *record)
{
    const char *name = text_of(record, "name");
    struct hex bytes = hex_decode(text_of(record, "wire"));
    struct seen_codes seen = { "" };
    struct vyre_program *program = NULL;
    enum vyre_result result = vyre_program_decode(
        bytes.data, bytes.size, &(struct vyre_diag_sink){ note_code, &seen }, &program);
    bool ok = true;
    if (strcmp(text_of(record, "original"), "accepts") == 0) {
        const char *reencoded = text_of(record, "reencoded");
        struct hex expected = hex_decode(reencoded ? reencoded : text_of(record, "wire"));
        ok = result == VYRE_OK ? encodes_to(name, program, expected.data, expected.size)
                               : fails(name, seen.first);
        hex_free(&expected);
    } else if (result != VYRE_ERR_INVALID_PROGRAM) {
        ok = fails(name, "is accepted, the original refuses it");
    } else if (strcmp(text_of(record, "error_kind"), "VersionMismatch") == 0) {
        ok = strcmp(seen.first, "W002") == 0 || fails(name, seen.first);
    } else if (!code_fits(seen.first, text_of(record, "token"))) {
        printf("code %s, token %s: ", seen.first, text_of(record, "token"));
        ok = fails(name, "is refused for another reason");
    }
    vyre_program_destroy(&program);
    hex_free(&bytes);
    return ok;
}

static void run_record(void *user, const json_t *record)
{
    struct counts *counts = user;
    bool bad = json_object_get(record, "original") != NULL;
    bool ok = bad ? check_wire_bad(record) : check_wire(record);
    const char *id = deviation_of(text_of(record, "name"));
    if (id && !ok)
        printf("deviates as %s: %s\n", id, text_of(record, "name"));
    *(ok ? &counts->passed : id ? &counts->deviates : &counts->failed) += 1;
}

int main(int argc, char **argv)
{
    struct counts counts = { 0 };
    bool readable = argc > 2;
    for (int i = 2; i < argc; i++)
        readable &= records_read(argv[i], run_record, &counts);
    printf("%u records passed, %u failed, %u deviate\n", counts.passed, counts.failed,
           counts.deviates);
    char got[32];
    snprintf(got, sizeof got, "%u,%u", counts.passed, counts.deviates);
    if (!readable || strcmp(got, argv[1]) != 0) {
        printf("FAIL: %s passed and deviating records were expected\n", argc > 1 ? argv[1] : "no");
        return 1;
    }
    return counts.failed != 0;
}
