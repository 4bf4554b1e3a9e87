// SPDX-License-Identifier: MIT
// Runs an example of a page as its comments say (docs.h), and compiles it for the portable target.
#include "docs.h"

#include "test.h"

#include "base/str.h"

#include <stdlib.h>
#include <vyre/vyre.h>

enum { VALUES_MAX = 16, PARAMS_MAX = 8 };

struct value {
    const char *name;
    size_t name_size;
    char type[8];
    struct str bytes;
};

struct example {
    const char *text;
    size_t size;
    struct value inputs[VALUES_MAX];
    size_t input_count;
    struct value outputs[VALUES_MAX];
    size_t output_count;
    char code[8]; // that ends the run, or ""
    uint32_t grid[3];
    uint32_t params[PARAMS_MAX];
    size_t param_count;
};

#define fail_example(example, ...)                                                                 \
    do {                                                                                           \
        print_error("%.*s", (int)(example)->size, (example)->text);                                \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

// ---- Values -------------------------------------------------------------------------------------

// Bytes of a type, and its letter in *kind; 0: there is no such type here.
static size_t width_of(const char *type, char *kind)
{
    unsigned bits = 0;
    *kind = type[0];
    if (!strchr("uif", type[0]) || sscanf(type + 1, "%u", &bits) != 1)
        return 0;
    bool known = bits == 8 || bits == 16 || bits == 32 || bits == 64;
    return known && (*kind != 'f' || bits >= 32) ? bits / 8 : 0;
}

// One number as little-endian bytes.
static bool put_number(struct str *out, const char *word, char kind, size_t width)
{
    char *end;
    uint64_t bits = 0;
    float narrow = strtof(word, &end);
    double wide = strtod(word, &end);
    if (kind == 'f' && width == sizeof narrow)
        memcpy(&bits, &narrow, sizeof narrow);
    else if (kind == 'f')
        memcpy(&bits, &wide, sizeof wide);
    else
        bits = word[0] == '-' ? (uint64_t)strtoll(word, &end, 0) : strtoull(word, &end, 0);
    for (size_t i = 0; i < width; i++)
        str_putc(out, (char)(uint8_t)(bits >> (8 * i)));
    return *end == '\0';
}

// "1 2 7*64" behind the colon.
static bool put_numbers(struct str *out, char *words, char kind, size_t width)
{
    char *rest = NULL;
    for (char *word = strtok_r(words, " ,", &rest); word; word = strtok_r(NULL, " ,", &rest)) {
        char *star = strchr(word, '*');
        unsigned long times = star ? strtoul(star + 1, NULL, 10) : 1;
        if (star)
            *star = '\0';
        for (unsigned long i = 0; i < times; i++)
            if (!put_number(out, word, kind, width))
                return false;
    }
    return true;
}

static void read_value(const struct example *example, const char *line, struct value *out)
{
    char words[2000];
    char kind;
    const char *equals = strstr(line, " = ");
    const char *colon = equals ? strchr(equals, ':') : NULL;
    if (!colon || (size_t)(colon - equals - 3) >= sizeof out->type)
        fail_example(example, "not NAME = TYPE: VALUES: %.40s", line);
    out->name = line + (*line == '`');
    out->name_size = (size_t)(equals - line) - 2 * (*line == '`');
    snprintf(out->type, sizeof out->type, "%.*s", (int)(colon - equals - 3), equals + 3);
    snprintf(words, sizeof words, "%.*s", (int)strcspn(colon + 1, "\n"), colon + 1);
    size_t width = width_of(out->type, &kind);
    if (!width || !put_numbers(&out->bytes, words, kind, width))
        fail_example(example, "not a value: %.40s", line);
}

// As an author would write it.
static void spell(struct str *out, const char *type, const uint8_t *bytes, size_t size)
{
    char kind;
    size_t width = width_of(type, &kind);
    for (size_t at = 0; at + width <= size; at += width) {
        uint64_t bits = 0;
        float narrow;
        double wide;
        for (size_t i = 0; i < width; i++)
            bits |= (uint64_t)bytes[at + i] << (8 * i);
        memcpy(&narrow, bytes + at, width < sizeof narrow ? width : sizeof narrow);
        memcpy(&wide, &bits, sizeof wide);
        int64_t value = (int64_t)(bits << (64 - 8 * width)) >> (64 - 8 * width);
        if (kind == 'f')
            str_printf(out, " %.17g", width == sizeof narrow ? (double)narrow : wide);
        else if (kind == 'i')
            str_printf(out, " %lld", (long long)value);
        else
            str_printf(out, " %llu", (unsigned long long)bits);
    }
}

// ---- Directives ---------------------------------------------------------------------------------

static void read_outcome(struct example *example, const char *line)
{
    bool code = line[0] >= 'A' && line[0] <= 'Z' && strspn(line + 1, "0123456789") == 3 &&
                (line[4] == '\n' || line[4] == ' ');
    if (code)
        snprintf(example->code, sizeof example->code, "%.4s", line);
    else if (example->output_count == VALUES_MAX)
        fail_example(example, "too many outputs");
    else
        read_value(example, line, &example->outputs[example->output_count++]);
}

static void read_directive(struct example *example, const char *line)
{
    uint32_t *grid = example->grid;
    if (strncmp(line, "// in ", 6) == 0) {
        assert_true(example->input_count < VALUES_MAX);
        read_value(example, line + 6, &example->inputs[example->input_count++]);
    } else if (strncmp(line, "// -> ", 6) == 0) {
        read_outcome(example, line + 6);
    } else if (strncmp(line, "// grid ", 8) == 0) {
        grid[1] = grid[2] = 1;
        assert_true(sscanf(line + 8, "%u %u %u", &grid[0], &grid[1], &grid[2]) >= 1);
    } else if (strncmp(line, "// param ", 9) == 0) {
        for (const char *at = line + 8; *at == ' ' && example->param_count < PARAMS_MAX;) {
            char *end;
            example->params[example->param_count++] = (uint32_t)strtoul(at, &end, 0);
            at = end;
        }
    }
}

static void read_directives(struct example *example)
{
    const char *end = example->text + example->size;
    for (const char *line = example->text; line < end;) {
        read_directive(example, line);
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        line = newline ? newline + 1 : end;
    }
    if (!example->code[0] && example->output_count == 0)
        fail_example(example, "the example says nothing of what comes of it");
}

static void fini(struct example *example)
{
    for (size_t i = 0; i < VALUES_MAX; i++) {
        str_fini(&example->inputs[i].bytes);
        str_fini(&example->outputs[i].bytes);
    }
}

// ---- Running ------------------------------------------------------------------------------------

struct first_error {
    char code[8];
    char text[600];
};

static void note(void *user, const struct vyre_diag *diag)
{
    struct first_error *error = user;
    if (diag->severity != VYRE_SEVERITY_ERROR || error->code[0])
        return;
    snprintf(error->code, sizeof error->code, "%s", diag->code);
    vyre_diag_format(diag, error->text, sizeof error->text);
}

static const struct value *find(const struct value *values, size_t count,
                                const struct vyre_buffer_info *info)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].name_size == info->name_size &&
            memcmp(values[i].name, info->name, info->name_size) == 0)
            return &values[i];
    return NULL;
}

// In declaration order, those that are given.
static size_t order_inputs(const struct example *example, const struct vyre_program *program,
                           struct vyre_bytes out[VALUES_MAX])
{
    size_t count = 0;
    struct vyre_buffer_info info;
    for (size_t i = 0; vyre_program_buffer_info(program, i, &info) == VYRE_OK; i++) {
        const struct value *value = find(example->inputs, example->input_count, &info);
        if (value && count < VALUES_MAX)
            out[count++] = (struct vyre_bytes){ value->bytes.text, value->bytes.size };
    }
    if (count != example->input_count)
        fail_example(example, "an input names no buffer");
    return count;
}

static void check_output(const struct example *example, const struct value *wanted,
                         struct vyre_bytes found)
{
    if (found.size == wanted->bytes.size &&
        (!found.size || memcmp(found.data, wanted->bytes.text, found.size) == 0))
        return;
    struct str shown = { 0 };
    spell(&shown, wanted->type, found.data, found.size);
    fail_example(example, "found\n// -> %.*s = %s:%s", (int)wanted->name_size, wanted->name,
                 wanted->type, str_text(&shown));
}

static void check_outputs(const struct example *example, const struct vyre_program *program,
                          const struct vyre_outputs *outputs)
{
    size_t checked = 0;
    for (size_t i = 0; i < vyre_outputs_count(outputs); i++) {
        size_t buffer = 0;
        struct vyre_buffer_info info;
        struct vyre_bytes found = vyre_outputs_get(outputs, i, &buffer);
        assert_result(VYRE_OK, vyre_program_buffer_info(program, buffer, &info));
        const struct value *wanted = find(example->outputs, example->output_count, &info);
        if (wanted)
            check_output(example, wanted, found);
        checked += wanted != NULL;
    }
    if (checked != example->output_count)
        fail_example(example, "an output names no buffer that is returned");
}

// Whether a refusal says what the compiler does not do yet, or what the target lacks.
static bool is_listed(enum vyre_result result, const char *code)
{
    return (result == VYRE_ERR_UNSUPPORTED && code[0] == 'L') ||
           (result == VYRE_ERR_INVALID_PROGRAM &&
            (strcmp(code, "V041") == 0 || strcmp(code, "V046") == 0));
}

// The compiler takes it, or says by a code that lists it what it does not take.
static void compile(const struct example *example, const struct vyre_program *program,
                    const struct vyre_registry *registry, struct docs_tally *tally)
{
    struct first_error error = { "", "" };
    const struct vyre_diag_sink sink = { note, &error };
    struct vyre_module *module;
    enum vyre_result result =
        vyre_compile(program, vyre_compile_params(.registry = registry, .diag = &sink), &module);
    if (result != VYRE_OK && !is_listed(result, error.code))
        fail_example(example, "the compiler: %s %s", vyre_result_name(result), error.text);
    tally->compiled += result == VYRE_OK;
    tally->declined += result != VYRE_OK;
    vyre_module_destroy(&module);
}

static void interpret(const struct example *example, const struct vyre_program *program,
                      const struct vyre_registry *registry, struct docs_tally *tally)
{
    struct first_error error = { "", "" };
    const struct vyre_diag_sink sink = { note, &error };
    struct vyre_bytes inputs[VALUES_MAX];
    size_t count = order_inputs(example, program, inputs);
    const uint32_t *grid = example->grid;
    struct vyre_outputs *outputs;
    enum vyre_result result =
        vyre_interpret(program,
                       vyre_interpret_params(.inputs = inputs, .input_count = count,
                                             .grid = { grid[0], grid[1], grid[2] },
                                             .launch_params = example->params,
                                             .launch_param_count = example->param_count,
                                             .registry = registry, .diag = &sink),
                       &outputs);
    if (strcmp(error.code, example->code) != 0)
        fail_example(example, "%s",
                     error.code[0] ? error.text : "the run does not end in an error");
    if (result == VYRE_OK)
        check_outputs(example, program, outputs);
    tally->ran += result == VYRE_OK;
    tally->ended += result != VYRE_OK;
    vyre_outputs_destroy(&outputs);
}

bool docs_run(const char *text, size_t size, const struct vyre_program *program,
              const struct vyre_registry *registry, struct docs_tally *tally)
{
    struct example example = { .text = text, .size = size };
    struct first_error error = { "", "" };
    const struct vyre_diag_sink sink = { note, &error };
    read_directives(&example);
    enum vyre_result result = vyre_program_validate(
        program, vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                      .registry = registry, .diag = &sink));
    bool valid = result == VYRE_OK;
    bool refused = example.code[0] == 'V';
    if (valid == refused || (refused && strcmp(error.code, example.code) != 0))
        fail_example(&example, "%s", valid ? "the program is valid" : error.text);
    tally->refused += refused;
    if (valid) {
        interpret(&example, program, registry, tally);
        compile(&example, program, registry, tally);
    }
    fini(&example);
    return valid;
}
