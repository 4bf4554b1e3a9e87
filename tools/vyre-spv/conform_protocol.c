// SPDX-License-Identifier: MIT
// Judges records of the protocol: the comparison, and the families that are about numbers, sizes
// and the control block. conform_slots.c and conform_logs.c have the others.
#include "conform_protocol.h"

#include <stdlib.h>
#include <string.h>

// ---- Arguments ----------------------------------------------------------------------------------

bool protocol_as_u32(const json_t *value, uint32_t *out)
{
    const json_int_t number = json_integer_value(value);
    *out = (uint32_t)number;
    return json_is_integer(value) && number >= 0 && number <= UINT32_MAX;
}

bool protocol_u32(const struct protocol_call *call, const char *key, uint32_t *out)
{
    return protocol_as_u32(json_object_get(call->call, key), out);
}

bool protocol_bool(const struct protocol_call *call, const char *key, bool *out)
{
    const json_t *value = json_object_get(call->call, key);
    *out = json_is_true(value);
    return json_is_boolean(value);
}

bool protocol_words(const json_t *array, struct protocol_words *out)
{
    const size_t count = json_array_size(array);
    *out = (struct protocol_words){ tool_calloc(count + 1, sizeof *out->items), count };
    bool good = json_is_array(array);
    for (size_t i = 0; good && i < count; i++)
        good = protocol_as_u32(json_array_get(array, i), &out->items[i]);
    if (!good)
        protocol_words_fini(out);
    return good;
}

void protocol_words_fini(struct protocol_words *words)
{
    free(words->items);
    *words = (struct protocol_words){ .count = 0 };
}

// ---- Answers ------------------------------------------------------------------------------------

json_t *protocol_refused(void)
{
    return json_pack("{s:b}", "error", 1);
}

json_t *protocol_hex(const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *text = tool_calloc(2 * size + 1, 1);
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = ((const uint8_t *)bytes)[i];
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    json_t *answer = json_string(text);
    free(text);
    return answer;
}

json_t *protocol_bytes(const struct protocol_call *call, const void *bytes, size_t size)
{
    if (json_object_get(call->expected, "len"))
        return json_pack("{s:I}", "len", (json_int_t)size);
    return protocol_hex(bytes, size);
}

json_t *protocol_number(enum vyre_result result, uint64_t value)
{
    return result == VYRE_OK ? json_integer((json_int_t)value) : json_null();
}

// ---- Constants ----------------------------------------------------------------------------------

static json_t *constants(struct protocol_call *call)
{
    static const struct {
        const char *group; // NULL: none
        const char *name;
        uint32_t value;
    } all[] = {
        { NULL, "slot_words", VYRE_SLOT_WORDS },
        { NULL, "arg0_word", VYRE_SLOT_ARG0 },
        { NULL, "args_per_slot", VYRE_SLOT_ARGS },
        { NULL, "control_min_words", VYRE_CONTROL_MIN_WORDS },
        { "control", "shutdown", VYRE_CONTROL_SHUTDOWN },
        { "control", "done_count", VYRE_CONTROL_DONE_COUNT },
        { "control", "tenant_base", VYRE_CONTROL_TENANT_BASE },
        { "control", "tenant_quota_base", VYRE_CONTROL_TENANT_QUOTAS },
        { "control", "tenant_fairness_base", VYRE_CONTROL_TENANT_FAIRNESS },
        { "control", "metrics_base", VYRE_CONTROL_METRICS },
        { "control", "epoch", VYRE_CONTROL_EPOCH },
        { "control", "priority_offsets_base", VYRE_CONTROL_PRIORITY_OFFSETS },
        { "control", "starvation", VYRE_CONTROL_STARVATION },
        { "control", "priority_fairness_base", VYRE_CONTROL_PRIORITY_FAIRNESS },
        { "control", "observable_base", VYRE_CONTROL_OBSERVABLE },
        { "debug", "cursor", VYRE_DEBUG_CURSOR },
        { "debug", "records_base", VYRE_DEBUG_RECORDS },
        { "debug", "record_words", VYRE_DEBUG_RECORD_WORDS },
        { "debug", "capacity", VYRE_DEBUG_CAPACITY },
        { "debug", "buffer_words", VYRE_DEBUG_WORDS },
        { "io", "slot_count", VYRE_IO_MAX_SLOTS },
        { "io", "slot_words", VYRE_IO_SLOT_WORDS },
        { "opcode", "nop", VYRE_OPCODE_NOP },
        { "opcode", "store_u32", VYRE_OPCODE_STORE_U32 },
        { "opcode", "atomic_add", VYRE_OPCODE_ATOMIC_ADD },
        { "opcode", "load_u32", VYRE_OPCODE_LOAD_U32 },
        { "opcode", "compare_swap", VYRE_OPCODE_COMPARE_SWAP },
        { "opcode", "memcpy", VYRE_OPCODE_MEMCPY },
        { "opcode", "dfa_step", VYRE_OPCODE_DFA_STEP },
        { "opcode", "batch_fence", VYRE_OPCODE_BATCH_FENCE },
        { "opcode", "load_miss", VYRE_OPCODE_LOAD_MISS },
        { "opcode", "printf", VYRE_OPCODE_PRINTF },
        { "opcode", "packed_slot", VYRE_OPCODE_PACKED_SLOT },
        { "opcode", "shutdown", VYRE_OPCODE_SHUTDOWN },
        { "status", "empty", VYRE_STATUS_EMPTY },
        { "status", "published", VYRE_STATUS_PUBLISHED },
        { "status", "claimed", VYRE_STATUS_CLAIMED },
        { "status", "done", VYRE_STATUS_DONE },
        { "status", "wait_io", VYRE_STATUS_WAIT_IO },
        { "status", "yield", VYRE_STATUS_YIELD },
        { "status", "requeue", VYRE_STATUS_REQUEUE },
        { "status", "fault", VYRE_STATUS_FAULT },
    };
    (void)call;
    json_t *answer = json_object();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        json_t *group = all[i].group ? json_object_get(answer, all[i].group) : answer;
        if (!group) {
            group = json_object();
            json_object_set_new(answer, all[i].group, group);
        }
        json_object_set_new(group, all[i].name, json_integer((json_int_t)all[i].value));
    }
    return answer;
}

// ---- Sizes and empty buffers --------------------------------------------------------------------

// The buffer that a call is about, by the name of its function and of its argument.
static bool find_buffer(const struct protocol_call *call, const char *const names[4],
                        enum vyre_protocol_buffer *buffer, uint32_t *count)
{
    static const char *const keys[] = { "observables", "slots", "records", "slots" };
    const char *name = json_string_value(json_object_get(call->call, "fn"));
    for (unsigned i = 0; name && i < 4; i++) {
        if (!names[i] || strcmp(names[i], name) != 0)
            continue;
        *buffer = (enum vyre_protocol_buffer)i;
        return protocol_u32(call, keys[i], count);
    }
    return false;
}

static json_t *lengths(struct protocol_call *call)
{
    static const char *const names[] = { "control_byte_len", "ring_byte_len", "debug_log_byte_len",
                                         "io_queue_byte_len" };
    enum vyre_protocol_buffer buffer;
    uint32_t count;
    uint64_t size;
    if (!find_buffer(call, names, &buffer, &count))
        return NULL;
    const enum vyre_result result = vyre_protocol_size(buffer, count, &size);
    return protocol_number(result, size);
}

// Memory for a buffer; none, with a size of 0, for one that the library has to refuse anyway.
static uint8_t *make_room(enum vyre_protocol_buffer buffer, uint32_t count, size_t *size)
{
    uint64_t wanted;
    *size = count <= VYRE_PROTOCOL_MAX_COUNT && !vyre_protocol_size(buffer, count, &wanted)
                ? (size_t)wanted
                : 0;
    return tool_calloc(*size + 1, 1);
}

static json_t *encode_empty(struct protocol_call *call)
{
    static const char *const names[] = { NULL, "empty_ring", "empty_debug_log", "empty_io_queue" };
    enum vyre_protocol_buffer buffer;
    uint32_t count;
    size_t size;
    if (!find_buffer(call, names, &buffer, &count))
        return NULL;
    uint8_t *bytes = make_room(buffer, count, &size);
    memset(bytes, 0xEE, size);
    const enum vyre_result result = vyre_protocol_encode_empty(buffer, count, bytes, size, NULL);
    bool empty = true;
    for (size_t i = 0; i < size; i++)
        empty &= bytes[i] == 0;
    json_t *answer = NULL;
    if (result == VYRE_OK)
        answer = empty ? protocol_bytes(call, bytes, size) : json_string("something is not zero");
    free(bytes);
    return answer ? answer : protocol_refused();
}

static json_t *encode_control(struct protocol_call *call)
{
    struct vyre_control_params params = { .shutdown = false };
    size_t size;
    if (!protocol_u32(call, "observables", &params.observable_count) ||
        !protocol_u32(call, "tenants", &params.tenant_count) ||
        !protocol_bool(call, "shutdown", &params.shutdown))
        return NULL;
    uint8_t *bytes = make_room(VYRE_PROTOCOL_CONTROL, params.observable_count, &size);
    const enum vyre_result result = vyre_control_encode(&params, bytes, size, NULL);
    json_t *answer = result ? protocol_refused() : protocol_bytes(call, bytes, size);
    free(bytes);
    return answer;
}

// ---- Opcodes, tenants, priorities ---------------------------------------------------------------

static json_t *opcode(struct protocol_call *call)
{
    uint32_t code;
    if (!protocol_u32(call, "opcode", &code))
        return NULL;
    const uint32_t is = vyre_opcode_classify(code);
    return json_pack("{s:b, s:b, s:b, s:b}", "is_system", (is & VYRE_OPCODE_IS_SYSTEM) != 0,
                     "is_builtin", (is & VYRE_OPCODE_IS_BUILTIN) != 0, "user_ok",
                     (is & VYRE_OPCODE_IS_USER) != 0, "publish_ok",
                     (is & VYRE_OPCODE_MAY_PUBLISH) != 0);
}

// Tenants are numbered from 1 on until one has no window.
static json_t *tenant(struct protocol_call *call)
{
    const char *text = json_string_value(json_object_get(call->call, "register"));
    uint32_t most, registered = 0, base = 0, next, first;
    if (!text || sscanf(text, "until failure, at most %u", &most) != 1)
        return NULL;
    while (registered < most && vyre_tenant_window(registered + 1, &next) == VYRE_OK) {
        base = next;
        registered++;
    }
    const enum vyre_result result = vyre_tenant_opcode(registered, 0, &first);
    return json_pack("{s:I, s:{s:I, s:I, s:o}}", "registered", (json_int_t)registered, "last", "id",
                     (json_int_t)registered, "base", (json_int_t)base, "op0",
                     protocol_number(result, first));
}

// A control block with the partition of `slots` slots written into it.
static json_t *write_offsets(const char *text, const uint32_t offsets[VYRE_PRIORITY_COUNT + 1])
{
    char shutdown[6];
    struct vyre_control_params params = { .shutdown = false };
    size_t size;
    if (sscanf(text, "encode_control(%5[a-z],%u,%u)", shutdown, &params.tenant_count,
               &params.observable_count) != 3)
        return NULL;
    params.shutdown = strcmp(shutdown, "true") == 0;
    uint8_t *control = make_room(VYRE_PROTOCOL_CONTROL, params.observable_count, &size);
    enum vyre_result result = vyre_control_encode(&params, control, size, NULL);
    for (uint32_t i = 0; !result && i <= VYRE_PRIORITY_COUNT; i++)
        result = vyre_control_write(control, size, (uint64_t)VYRE_CONTROL_PRIORITY_OFFSETS + i,
                                    offsets[i], NULL);
    json_t *answer = result ? protocol_refused() : protocol_hex(control, size);
    free(control);
    return answer;
}

static json_t *priority(struct protocol_call *call)
{
    const char *control = json_string_value(json_object_get(call->call, "control"));
    uint32_t offsets[VYRE_PRIORITY_COUNT + 1], slots, width;
    if (protocol_u32(call, "partition_slots", &slots)) {
        struct vyre_priority_probe probe;
        if (!protocol_u32(call, "worker_width", &width))
            return NULL;
        vyre_priority_probes(slots, width, &probe);
        return json_pack("{s:I, s:I, s:I}", "count", (json_int_t)probe.count, "active",
                         (json_int_t)probe.active, "budget", (json_int_t)probe.budget);
    }
    if (!protocol_u32(call, "slots", &slots))
        return NULL;
    vyre_priority_offsets(slots, offsets);
    if (control)
        return write_offsets(control, offsets);
    json_t *answer = json_array();
    for (uint32_t i = 0; i <= VYRE_PRIORITY_COUNT; i++)
        json_array_append_new(answer, json_integer((json_int_t)offsets[i]));
    return answer;
}

// ---- Reading the control block ------------------------------------------------------------------

// The counters that are not zero, by opcode.
static json_t *pairs(const uint32_t counts[VYRE_METRICS])
{
    json_t *answer = json_array();
    for (uint32_t i = 0; i < VYRE_METRICS; i++) {
        if (counts[i])
            json_array_append_new(answer,
                                  json_pack("[I, I]", (json_int_t)i, (json_int_t)counts[i]));
    }
    return answer;
}

static json_t *read_control(struct protocol_call *call)
{
    static const struct {
        const char *lossy; // name of the reader that gives 0 for what is not there; NULL: none
        const char *strict;
        uint64_t word;
    } words[] = {
        { "done", "strict_done", VYRE_CONTROL_DONE_COUNT },
        { "epoch", "strict_epoch", VYRE_CONTROL_EPOCH },
        { NULL, "strict_obs0", VYRE_CONTROL_OBSERVABLE },
        { NULL, "strict_obs2", VYRE_CONTROL_OBSERVABLE + 2 },
        { NULL, "strict_obs3", VYRE_CONTROL_OBSERVABLE + 3 },
    };
    // The lossy readers of the record are asked for these, in this order.
    static const uint64_t observables[] = { 0, 2, 3, UINT32_MAX };
    struct tool_bytes control;
    uint32_t value, counts[VYRE_METRICS];
    if (!conform_hex(json_object_get(call->call, "control"), &control))
        return NULL;
    json_t *answer = json_object();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const enum vyre_result result =
            vyre_control_read(control.data, control.size, words[i].word, &value, NULL);
        json_object_set_new(answer, words[i].strict, protocol_number(result, value));
        if (words[i].lossy)
            json_object_set_new(answer, words[i].lossy, json_integer((json_int_t)value));
    }
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof observables / sizeof observables[0]; i++) {
        const enum vyre_result result = vyre_control_read(
            control.data, control.size, VYRE_CONTROL_OBSERVABLE + observables[i], &value, NULL);
        json_array_append_new(list, json_integer(result ? 0 : (json_int_t)value));
    }
    json_object_set_new(answer, "obs", list);
    const enum vyre_result result =
        vyre_control_read_metrics(control.data, control.size, counts, NULL);
    json_object_set_new(answer, "metrics", pairs(counts));
    json_object_set_new(answer, "strict_metrics", result ? json_null() : pairs(counts));
    tool_bytes_fini(&control);
    return answer;
}

// ---- The judge ----------------------------------------------------------------------------------

// The arguments that a family may have, in any of its forms.
static const struct {
    const char *family;
    const char *arguments; // each with a blank before and behind it
    protocol_answer answer;
} families[] = {
    { "batch_publish", " fence_tag items ring_bytes ring_slots start tenant ",
      protocol_batch_publish },
    { "cache", " payload program ", protocol_cache },
    { "constants", "", constants },
    { "count_done", " items ring ", protocol_count_done },
    { "debug_log", " bytes ", protocol_debug_log },
    { "encode_control", " observables shutdown tenants ", encode_control },
    { "encode_empty", " fn records slots ", encode_empty },
    { "encode_work_items", " items ring_bytes ring_slots slots start tenant ",
      protocol_work_items },
    { "io_queue", " bytes dst slot slot_status slots tag ", protocol_io_queue },
    { "lengths", " fn observables records slots ", lengths },
    { "load_miss", " note prefetch resource slot ", protocol_load_miss },
    { "opcode", " opcode ", opcode },
    { "priority", " control partition_slots slots worker_width ", priority },
    { "publish_packed", " ops ring_bytes ring_slots slot tenant ", protocol_publish_packed },
    { "publish_slot", " args opcode ring_bytes ring_slots slot status_before tenant ",
      protocol_publish_slot },
    { "read_control", " control ", read_control },
    { "replay", " append capacity file file_prefix of open_capacity slot ", protocol_replay },
    { "tenant", " register ", tenant },
    { "transition", " ring_bytes ring_slots slot status_before transition ", protocol_transition },
    { "window", " lookahead opcode required ring_bytes ring_slots start tenant ticket ",
      protocol_window },
};

// The first argument that is not known, and may change what the call means; NULL: none.
static const char *unknown_argument(const char *arguments, json_t *call)
{
    const char *key;
    json_t *value;
    char padded[64];
    json_object_foreach(call, key, value)
    {
        const int length = snprintf(padded, sizeof padded, " %s ", key);
        if (strchr(key, ' ') || (size_t)length >= sizeof padded || !strstr(arguments, padded))
            return key;
    }
    return NULL;
}

// A form of a call that this version cannot make, by its arguments.
static enum conform_outcome no_form(struct conform_case *c, const char *family, json_t *call)
{
    char *text = json_dumps(call, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    enum conform_outcome outcome = conform_malformed(
        c, "these are no arguments of a call of %s: %.300s", family, text ? text : "?");
    free(text);
    return outcome;
}

// Where two texts begin to differ, with a little before it.
static size_t difference(const char *a, const char *b)
{
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    return at > 20 ? at - 20 : 0;
}

static enum conform_outcome compare(struct conform_case *c, const json_t *got,
                                    const json_t *expected)
{
    if (json_equal(got, expected))
        return CONFORM_PASSED;
    char *first = json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    char *second = json_dumps(expected, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    enum conform_outcome outcome = conform_fail(c, "the result is another one");
    if (first && second) {
        const size_t at = difference(first, second);
        outcome = conform_fail(c, "result, from byte %zu on: %.120s, expected %.120s", at,
                               first + at, second + at);
    }
    free(first);
    free(second);
    return outcome;
}

enum conform_outcome conform_protocol(struct conform_case *c)
{
    const char *family = conform_text(c, "family");
    json_t *arguments = json_object_get(c->record, "call");
    struct protocol_call call = {
        .call = arguments,
        .expected = json_object_get(c->record, "result"),
        .wire = json_object_get(c->record, "wire"),
    };
    for (size_t i = 0; family && i < sizeof families / sizeof families[0]; i++) {
        if (strcmp(family, families[i].family) != 0)
            continue;
        const char *unknown = unknown_argument(families[i].arguments, arguments);
        if (unknown)
            return conform_malformed(c, "a call of %s has no argument '%.60s'", family, unknown);
        json_t *got = json_is_object(call.call) ? families[i].answer(&call) : NULL;
        if (call.lacks_program)
            return conform_skip(c,
                                "the record of the program that it names is in none of the files");
        if (!got)
            return no_form(c, family, arguments);
        enum conform_outcome outcome = compare(c, got, call.expected);
        json_decref(got);
        return outcome;
    }
    return conform_malformed(c, "'%s' is no family of the protocol", family ? family : "");
}
