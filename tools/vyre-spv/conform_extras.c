// SPDX-License-Identifier: MIT
// The fields are added where they can be written: the program is printed, each declaration gets its
// attributes, and the text is parsed.
#include "conform_extras.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NESTING = 64 };

// ---- Shape predicates ---------------------------------------------------------------------------

// A cursor over `count >= 13`, `!(P)`, `(P) && (P)` and the like, and what they are in the text
// form.
struct shape {
    const char *at;
    FILE *out;
    unsigned depth;
};

static bool skip(struct shape *s, const char *word)
{
    const size_t size = strlen(word);
    if (strncmp(s->at, word, size) != 0)
        return false;
    s->at += size;
    return true;
}

static bool number(struct shape *s, int64_t *out)
{
    char *end = NULL;
    if (*s->at != '-' && (*s->at < '0' || *s->at > '9'))
        return false;
    *out = strtoll(s->at, &end, 10);
    const bool good = end != s->at;
    s->at = end;
    return good;
}

// count >= N, count <= N, count == N, count % M == R
static bool simple(struct shape *s)
{
    static const char *const spellings[][2] = { { ">= ", "at_least" },
                                                { "<= ", "at_most" },
                                                { "== ", "exactly" } };
    int64_t n = 0;
    int64_t rest = 0;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        if (!skip(s, spellings[i][0]))
            continue;
        if (!number(s, &n))
            return false;
        fprintf(s->out, "%s(%" PRId64 ")", spellings[i][1], n);
        return true;
    }
    if (!skip(s, "% ") || !number(s, &n) || !skip(s, " == ") || !number(s, &rest))
        return false;
    if (rest == 0)
        fprintf(s->out, "multiple(%" PRId64 ")", n);
    else
        fprintf(s->out, "mod(%" PRId64 ", %" PRId64 ")", n, rest);
    return true;
}

// MIN <= count * SCALE + OFFSET <= MAX
static bool affine(struct shape *s)
{
    int64_t min = 0;
    int64_t scale = 0;
    int64_t offset = 0;
    int64_t max = 0;
    if (!number(s, &min) || !skip(s, " <= count * ") || !number(s, &scale) || !skip(s, " + ") ||
        !number(s, &offset) || !skip(s, " <= ") || !number(s, &max))
        return false;
    fprintf(s->out, "affine(%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 ")", scale, offset,
            min, max);
    return true;
}

static bool predicate(struct shape *s);

// `(P)`, with the cursor at the parenthesis.
static bool enclosed(struct shape *s)
{
    return skip(s, "(") && predicate(s) && skip(s, ")");
}

// (P) && (P), (P) || (P): what is written first decides the word that comes before it, so the
// operator is looked for behind the matching parenthesis.
static bool binary(struct shape *s)
{
    const char *at = s->at + 1;
    for (unsigned open = 1; *at && open; at++) {
        open += *at == '(';
        open -= *at == ')';
    }
    const bool is_and = strncmp(at, " && ", 4) == 0;
    if (!is_and && strncmp(at, " || ", 4) != 0)
        return false;
    fputs(is_and ? "and(" : "or(", s->out);
    if (!enclosed(s) || !(skip(s, " && ") || skip(s, " || ")))
        return false;
    fputs(", ", s->out);
    if (!enclosed(s))
        return false;
    fputs(")", s->out);
    return true;
}

static bool predicate(struct shape *s)
{
    if (s->depth == MOST_NESTING)
        return false;
    s->depth++;
    bool good = false;
    if (skip(s, "!")) {
        fputs("not(", s->out);
        good = enclosed(s);
        fputs(")", s->out);
    } else if (*s->at == '(') {
        good = binary(s);
    } else {
        good = skip(s, "count ") ? simple(s) : affine(s);
    }
    s->depth--;
    return good;
}

static bool put_shape(const char *text, FILE *out)
{
    struct shape shape = { .at = text, .out = out };
    fputs(" shape(", out);
    const bool good = predicate(&shape) && !*shape.at;
    fputs(")", out);
    return good;
}

// ---- Attributes ---------------------------------------------------------------------------------

// Writes the attribute that `key` gives a buffer by `value`. False when that is none.
static bool put_attribute(const char *key, const json_t *value, FILE *out)
{
    const char *text = json_string_value(value);
    if (strcmp(key, "bytes_extraction") == 0) {
        if (json_is_true(value))
            fputs(" bytes_extraction", out);
        return json_is_boolean(value);
    }
    if (!text)
        return false;
    if (strcmp(key, "shape_predicate") == 0)
        return put_shape(text, out);
    if (strcmp(key, "linear_type") != 0)
        return false;
    if (strcmp(text, "unrestricted") != 0) // which is what it is without the attribute
        fprintf(out, " usage(%s)", text);
    return true;
}

// *count is the number of values that found their buffer.
static bool put_attributes(const json_t *extras, const struct vyre_buffer_info *info, FILE *out,
                           size_t *count, char *what, size_t what_size)
{
    const char *key;
    json_t *fields;
    json_object_foreach((json_t *)extras, key, fields)
    {
        const json_t *value = json_object_getn(fields, info->name, info->name_size);
        *count += value != NULL;
        if (value && !put_attribute(key, value, out)) {
            snprintf(what, what_size, "'%.40s' has a value that is not known here", key);
            return false;
        }
    }
    return true;
}

static size_t value_count(const json_t *extras)
{
    const char *key;
    json_t *fields;
    size_t count = 0;
    json_object_foreach((json_t *)extras, key, fields) count += json_object_size(fields);
    return count;
}

static bool is_declaration(const char *line)
{
    return strncmp(line, "buffer ", 7) == 0 || strncmp(line, "shared ", 7) == 0;
}

// Copies `text`, with attributes behind the declarations, which stand in their order and before
// everything else, one on a line.
static bool put_text(const struct vyre_program *program, const char *text, const json_t *extras,
                     FILE *out, char *what, size_t what_size)
{
    size_t next = 0;
    size_t count = 0;
    while (*text) {
        const size_t size = strcspn(text, "\n");
        struct vyre_buffer_info info;
        fwrite(text, 1, size, out);
        if (is_declaration(text) && !vyre_program_buffer_info(program, next, &info)) {
            next++;
            if (!put_attributes(extras, &info, out, &count, what, what_size))
                return false;
        }
        text += size;
        if (*text)
            fputc(*text++, out);
    }
    if (count == value_count(extras))
        return true;
    snprintf(what, what_size, "the program has no such buffer");
    return false;
}

static void keep_text(void *user, const struct vyre_diag *diag)
{
    snprintf(user, 200, "%s %s", diag->code, diag->text);
}

bool conform_extras_add(const struct vyre_program *program, const json_t *extras,
                        struct vyre_program **out, char *what, size_t what_size)
{
    char *text = NULL;
    char *whole = NULL;
    size_t size = 0;
    char said[200] = "";
    const struct vyre_diag_sink sink = { keep_text, said };
    *out = NULL;
    snprintf(what, what_size, "out of memory");
    FILE *file = open_memstream(&whole, &size);
    bool good = file && vyre_program_print(program, &text, NULL) == VYRE_OK &&
                put_text(program, text, extras, file, what, what_size);
    if (file && fclose(file))
        good = false;
    if (good && vyre_program_parse(whole, size, NULL, &sink, out)) {
        snprintf(what, what_size, "the program with these fields does not parse: %.150s", said);
        good = false;
    }
    vyre_free(text);
    free(whole);
    return good;
}
