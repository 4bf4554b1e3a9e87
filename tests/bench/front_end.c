// SPDX-License-Identifier: MIT
// The language front end against BLAKE3 of the same bytes: decode, validate and fingerprint (which
// makes the canonical form) of programs of growing size, and the text form beside it. Time per
// statement must not grow with the size.
//
// Rounds are interleaved: each hashes, then runs the front end, on the same bytes; times are those
// of the processor. Peak memory is counted in a run of its own.
//
// usage: front_end [--json] [--rounds N] [--statements N]...
#include <malloc.h>
#include <stdbool.h>
#include <string.h>

#include "base/blake3.h"
#include "bench.h"
#include "program.h"

enum { SAMPLE_STATEMENTS = 20000 };

// ---- Memory -------------------------------------------------------------------------------------
// The linker sends the library's allocations here (meson.build); only this thread allocates.

static struct {
    size_t now;
    size_t peak;
} heap;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static void *count_in(void *memory)
{
    heap.now += malloc_usable_size(memory);
    if (heap.now > heap.peak)
        heap.peak = heap.now;
    return memory;
}

static void count_out(void *memory)
{
    heap.now -= malloc_usable_size(memory);
}

void *__wrap_malloc(size_t size)
{
    return count_in(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return count_in(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    count_out(memory);
    return count_in(__real_realloc(memory, size));
}

void __wrap_free(void *memory)
{
    count_out(memory);
    __real_free(memory);
}

// ---- One size -----------------------------------------------------------------------------------

enum phase { DECODE, VALIDATE, FINGERPRINT, RELEASE, PHASE_COUNT };

static const char *const phase_names[PHASE_COUNT] = { "decode", "validate", "fingerprint",
                                                      "release" };

// Nanoseconds per statement, unless the name says otherwise.
struct figures {
    uint32_t statements;
    size_t bytes;
    struct bench_spread hash, front_end, ratio, phases[PHASE_COUNT];
    struct bench_spread canonicalize, print, parse; // beside the front end, for information
    struct bench_spread hash_mb;                    // MB/s
    double peak_bytes;                              // per statement
};

struct subject {
    uint8_t *bytes;
    size_t size;
    char *text;
    size_t text_size;
};

static double hash(const struct subject *subject)
{
    uint8_t digest[BLAKE3_SIZE];
    const double start = bench_cpu_now();
    blake3_hash(subject->bytes, subject->size, digest);
    // The compiler must not find that nobody looks at the digest.
    __asm__ volatile("" : : "r"(digest) : "memory");
    return bench_cpu_now() - start;
}

static void front_end(const struct subject *subject, double seconds[PHASE_COUNT])
{
    uint8_t fingerprint[VYRE_FINGERPRINT_SIZE];
    struct vyre_program *program = NULL;
    const double start = bench_cpu_now();
    bench_check(vyre_program_decode(subject->bytes, subject->size, &bench_sink, &program),
                "decode");
    const double decoded = bench_cpu_now();
    bench_check(
        vyre_program_validate(program, &(struct vyre_validate_params){ .diag = &bench_sink }),
        "validate");
    const double validated = bench_cpu_now();
    bench_check(vyre_program_fingerprint(program, &bench_sink, fingerprint), "fingerprint");
    const double fingerprinted = bench_cpu_now();
    vyre_program_destroy(&program);
    seconds[DECODE] += decoded - start;
    seconds[VALIDATE] += validated - decoded;
    seconds[FINGERPRINT] += fingerprinted - validated;
    seconds[RELEASE] += bench_cpu_now() - fingerprinted;
}

// What the front end does not do for every program: the canonical form as a program, and text.
static void beside(const struct subject *subject, double *canonicalize, double *print,
                   double *parse)
{
    struct vyre_program *program = NULL;
    struct vyre_program *canonical = NULL;
    char *text = NULL;
    size_t size = 0;
    const double start = bench_cpu_now();
    bench_check(
        vyre_program_parse(subject->text, subject->text_size, "bench", &bench_sink, &program),
        "parse");
    const double parsed = bench_cpu_now();
    bench_check(vyre_program_print(program, &text, &size), "print");
    const double printed = bench_cpu_now();
    bench_check(vyre_program_canonicalize(program, &canonical), "canonicalize");
    *canonicalize += bench_cpu_now() - printed;
    *print += printed - parsed;
    *parse += parsed - start;
    vyre_free(text);
    vyre_program_destroy(&canonical);
    vyre_program_destroy(&program);
}

static struct subject make_subject(uint32_t statements)
{
    struct subject subject = { 0 };
    struct vyre_program *program = bench_program(statements);
    subject.bytes = bench_encode(program, &subject.size);
    bench_check(vyre_program_print(program, &subject.text, &subject.text_size), "print");
    vyre_program_destroy(&program);
    return subject;
}

static void measure(uint32_t statements, int rounds, struct figures *out)
{
    enum { HASH = PHASE_COUNT, ALL, RATIO, MB, CANONICALIZE, PRINT, PARSE, ROWS };
    double rows[ROWS][BENCH_MOST_ROUNDS];
    struct subject subject = make_subject(statements);
    const uint32_t repeats = statements < SAMPLE_STATEMENTS ? SAMPLE_STATEMENTS / statements : 1;
    const double per_statement = 1e9 / ((double)repeats * statements);
    double ignored[PHASE_COUNT] = { 0 };
    const size_t base = heap.now;
    heap.peak = heap.now;
    front_end(&subject, ignored);
    out->peak_bytes = (double)(heap.peak - base) / statements;
    for (int round = 0; round < rounds; round++) {
        double phases[PHASE_COUNT] = { 0 };
        double hashing = 0, all = 0, canonicalize = 0, print = 0, parse = 0;
        for (uint32_t i = 0; i < repeats; i++)
            hashing += hash(&subject);
        for (uint32_t i = 0; i < repeats; i++)
            front_end(&subject, phases);
        for (uint32_t i = 0; i < repeats; i++)
            beside(&subject, &canonicalize, &print, &parse);
        for (int i = 0; i < PHASE_COUNT; i++) {
            all += phases[i];
            rows[i][round] = phases[i] * per_statement;
        }
        rows[HASH][round] = hashing * per_statement;
        rows[ALL][round] = all * per_statement;
        rows[RATIO][round] = all / hashing;
        rows[MB][round] = (double)subject.size * repeats / hashing / 1e6;
        rows[CANONICALIZE][round] = canonicalize * per_statement;
        rows[PRINT][round] = print * per_statement;
        rows[PARSE][round] = parse * per_statement;
    }
    out->statements = statements;
    out->bytes = subject.size;
    for (int i = 0; i < PHASE_COUNT; i++)
        out->phases[i] = bench_spread(rows[i], rounds);
    out->hash = bench_spread(rows[HASH], rounds);
    out->front_end = bench_spread(rows[ALL], rounds);
    out->ratio = bench_spread(rows[RATIO], rounds);
    out->hash_mb = bench_spread(rows[MB], rounds);
    out->canonicalize = bench_spread(rows[CANONICALIZE], rounds);
    out->print = bench_spread(rows[PRINT], rounds);
    out->parse = bench_spread(rows[PARSE], rounds);
    vyre_free(subject.bytes);
    vyre_free(subject.text);
}

// ---- Results ------------------------------------------------------------------------------------

static void print_json(const struct figures *figures, int count)
{
    printf("{\"bench\": \"front_end\", \"unit\": \"ns per statement\", \"sizes\": [");
    for (int i = 0; i < count; i++) {
        const struct figures *f = &figures[i];
        printf("%s{\"statements\": %u, \"bytes\": %zu, ", i ? ", " : "", f->statements, f->bytes);
        bench_print_json("front_end", f->front_end);
        for (int phase = 0; phase < PHASE_COUNT; phase++) {
            printf(", ");
            bench_print_json(phase_names[phase], f->phases[phase]);
        }
        printf(", ");
        bench_print_json("blake3", f->hash);
        printf(", ");
        bench_print_json("blake3_mb_per_s", f->hash_mb);
        printf(", ");
        bench_print_json("ratio", f->ratio);
        printf(", ");
        bench_print_json("canonicalize", f->canonicalize);
        printf(", ");
        bench_print_json("text_parse", f->parse);
        printf(", ");
        bench_print_json("text_print", f->print);
        printf(", \"peak_bytes_per_statement\": %.0f}", f->peak_bytes);
    }
    printf("]}\n");
}

static void print_table(const struct figures *figures, int count)
{
    printf("decode + validate + fingerprint + release; ns per statement, median (low to high)\n");
    printf("%10s %8s %26s %26s %22s %9s %9s\n", "statements", "bytes/st", "front end", "blake3",
           "ratio", "MB/s", "peak B/st");
    for (int i = 0; i < count; i++) {
        const struct figures *f = &figures[i];
        printf("%10u %8.1f %9.0f (%5.0f to %5.0f) %9.1f (%5.1f to %5.1f) %6.1f (%4.1f to %4.1f)"
               " %9.0f %9.0f\n",
               f->statements, (double)f->bytes / f->statements, f->front_end.median,
               f->front_end.low, f->front_end.high, f->hash.median, f->hash.low, f->hash.high,
               f->ratio.median, f->ratio.low, f->ratio.high, f->hash_mb.median, f->peak_bytes);
    }
    printf("\n%10s", "statements");
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        printf(" %11s", phase_names[phase]);
    printf(" %13s %11s %11s\n", "(canonicalize", "text parse", "text print)");
    for (int i = 0; i < count; i++) {
        printf("%10u", figures[i].statements);
        for (int phase = 0; phase < PHASE_COUNT; phase++)
            printf(" %11.0f", figures[i].phases[phase].median);
        printf(" %13.0f %11.0f %11.0f\n", figures[i].canonicalize.median, figures[i].parse.median,
               figures[i].print.median);
    }
}

int main(int argc, char **argv)
{
    const struct bench_options options = bench_read_options("front_end", argc, argv);
    struct figures figures[BENCH_MOST_SIZES];
    for (int i = 0; i < options.size_count; i++)
        measure(options.sizes[i], options.rounds, &figures[i]);
    options.json ? print_json(figures, options.size_count)
                 : print_table(figures, options.size_count);
    return 0;
}
