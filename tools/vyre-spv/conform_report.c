// SPDX-License-Identifier: MIT
#include "conform_report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"

static const char *const words[CONFORM_OUTCOMES] = { "passed", "failed", "deviates", "skipped",
                                                     "malformed" };

// ---- Counts -------------------------------------------------------------------------------------

static void count(struct conform_counts *counts, const char *name, enum conform_outcome outcome)
{
    size_t i = 0;
    while (i < counts->count && strcmp(counts->items[i].name, name) != 0)
        i++;
    if (i == counts->count) {
        counts->items = tool_realloc(counts->items, (i + 1) * sizeof *counts->items);
        counts->items[i] = (struct conform_count){ .name = tool_calloc(strlen(name) + 1, 1) };
        strcpy(counts->items[i].name, name);
        counts->count++;
    }
    counts->items[i].outcomes[outcome]++;
}

static void counts_fini(struct conform_counts *counts)
{
    for (size_t i = 0; i < counts->count; i++)
        free(counts->items[i].name);
    free(counts->items);
}

static size_t failed(const size_t outcomes[CONFORM_OUTCOMES])
{
    return outcomes[CONFORM_FAILED] + outcomes[CONFORM_MALFORMED];
}

size_t conform_report_failed(const struct conform_report *report)
{
    return failed(report->totals);
}

size_t conform_report_skipped(const struct conform_report *report)
{
    return report->totals[CONFORM_SKIPPED] + report->totals[CONFORM_DEVIATES];
}

void conform_report_fini(struct conform_report *report)
{
    counts_fini(&report->families);
    counts_fini(&report->reasons);
    counts_fini(&report->deviations);
}

// ---- Progress -----------------------------------------------------------------------------------

#define PROGRESS_NS UINT64_C(200000000)

void conform_report_clear_progress(struct conform_report *report)
{
    if (report->progress_shown)
        fputs("\r\033[K", stderr);
    report->progress_shown = false;
}

void conform_report_progress(struct conform_report *report, struct conform_place place)
{
    struct timespec time;
    if (!report->shows_progress)
        return;
    clock_gettime(CLOCK_MONOTONIC, &time);
    const uint64_t now = (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
    if (report->next_progress && now < report->next_progress)
        return;
    if (report->next_progress) { // not for what ends at once
        conform_report_clear_progress(report);
        fputs("\r", stderr);
        tool_print_escaped(stderr, place.file);
        fprintf(stderr, ": %zu records, %zu failed", place.line, conform_report_failed(report));
        report->progress_shown = true;
    }
    report->next_progress = now + PROGRESS_NS;
}

// ---- Records ------------------------------------------------------------------------------------

// One line of JSON, as soon as it is known.
static void print_record(const struct conform_case *c, enum conform_outcome outcome,
                         const char *family, const char *name, struct conform_place place)
{
    json_t *record = json_object();
    json_object_set_new(record, "type", json_string(words[outcome]));
    json_set_bytes(record, "file", place.file);
    json_object_set_new(record, "line", json_integer((json_int_t)place.line));
    if (family)
        json_set_bytes(record, "family", family);
    if (name)
        json_set_bytes(record, "name", name);
    if (c->deviation)
        json_object_set_new(record, "id", json_string(c->deviation));
    json_set_bytes(record, "text", c->text);
    json_print_line(record);
}

void conform_report_add(struct conform_report *report, const struct conform_case *c,
                        enum conform_outcome outcome, const char *family, const char *name,
                        struct conform_place place)
{
    if (outcome != CONFORM_PASSED)
        conform_report_clear_progress(report);
    report->totals[outcome]++;
    count(&report->families, family, outcome);
    if (outcome == CONFORM_SKIPPED)
        count(&report->reasons, c->text, outcome);
    if (outcome == CONFORM_DEVIATES)
        count(&report->deviations, c->deviation, outcome);
    if (report->as_json && outcome != CONFORM_PASSED) {
        print_record(c, outcome, family, name, place);
    } else if (outcome == CONFORM_MALFORMED) {
        tool_error("%s:%zu: %s: %s", place.file, place.line, name ? name : "malformed record",
                   c->text);
    } else if (outcome == CONFORM_FAILED || (outcome == CONFORM_DEVIATES && report->verbose)) {
        printf("%s ", outcome == CONFORM_FAILED ? "FAIL" : c->deviation);
        tool_print_escaped(stdout, name ? name : "?");
        printf(" (%s:%zu): ", place.file, place.line);
        tool_print_escaped(stdout, c->text);
        putchar('\n');
    }
}

void conform_report_no_record(struct conform_report *report, struct conform_place place,
                              const char *why)
{
    struct conform_case c = { .record = NULL };
    conform_report_clear_progress(report);
    snprintf(c.text, sizeof c.text, "%s", why);
    report->totals[CONFORM_MALFORMED]++;
    if (report->as_json)
        print_record(&c, CONFORM_MALFORMED, NULL, NULL, place);
    else
        tool_error("%s:%zu: %s", place.file, place.line, why);
}

// ---- Summary ------------------------------------------------------------------------------------

static json_t *outcomes_as_json(const size_t outcomes[CONFORM_OUTCOMES])
{
    return json_pack("{s:I, s:I, s:I, s:I}", "passed", (json_int_t)outcomes[CONFORM_PASSED],
                     "failed", (json_int_t)failed(outcomes), "deviates",
                     (json_int_t)outcomes[CONFORM_DEVIATES], "skipped",
                     (json_int_t)outcomes[CONFORM_SKIPPED]);
}

// {name: number of records with this outcome}
static json_t *counts_as_json(const struct conform_counts *counts, enum conform_outcome outcome)
{
    json_t *object = json_object();
    for (size_t i = 0; i < counts->count; i++)
        json_object_set_new(object, counts->items[i].name,
                            json_integer((json_int_t)counts->items[i].outcomes[outcome]));
    return object;
}

static void print_json(const struct conform_report *report)
{
    json_t *summary = json_object();
    json_t *families = json_object();
    for (size_t i = 0; i < report->families.count; i++)
        json_object_set_new(families, report->families.items[i].name,
                            outcomes_as_json(report->families.items[i].outcomes));
    json_object_set_new(summary, "type", json_string("summary"));
    json_object_set_new(summary, "passed",
                        json_integer((json_int_t)report->totals[CONFORM_PASSED]));
    json_object_set_new(summary, "failed", json_integer((json_int_t)failed(report->totals)));
    json_object_set_new(summary, "skipped",
                        json_integer((json_int_t)conform_report_skipped(report)));
    json_object_set_new(summary, "families", families);
    json_object_set_new(summary, "skips", counts_as_json(&report->reasons, CONFORM_SKIPPED));
    json_object_set_new(summary, "deviations",
                        counts_as_json(&report->deviations, CONFORM_DEVIATES));
    json_print_line(summary);
}

void conform_report_print(const struct conform_report *report)
{
    if (report->as_json) {
        print_json(report);
        return;
    }
    if (report->families.count)
        printf("%-28s %8s %8s %8s %8s\n", "family", "passed", "failed", "deviates", "skipped");
    for (size_t i = 0; i < report->families.count; i++) {
        const struct conform_count *family = &report->families.items[i];
        const int pad = strlen(family->name) < 28 ? 28 - (int)strlen(family->name) : 0;
        tool_print_escaped(stdout, family->name);
        printf("%*s %8zu %8zu %8zu %8zu\n", pad, "", family->outcomes[CONFORM_PASSED],
               failed(family->outcomes), family->outcomes[CONFORM_DEVIATES],
               family->outcomes[CONFORM_SKIPPED]);
    }
    for (size_t i = 0; i < report->deviations.count; i++)
        printf("deviates as %s (docs/ir.md): %zu\n", report->deviations.items[i].name,
               report->deviations.items[i].outcomes[CONFORM_DEVIATES]);
    for (size_t i = 0; i < report->reasons.count; i++) {
        printf("skipped, ");
        tool_print_escaped(stdout, report->reasons.items[i].name);
        printf(": %zu\n", report->reasons.items[i].outcomes[CONFORM_SKIPPED]);
    }
    printf("%zu passed, %zu failed, %zu skipped\n", report->totals[CONFORM_PASSED],
           failed(report->totals), conform_report_skipped(report));
}
