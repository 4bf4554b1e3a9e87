// SPDX-License-Identifier: MIT
// What the judges of protocol records share. A record holds a call of the original and its result.
// The judge of a family makes the same call through the public headers and gives its result in the
// same form, so that one comparison does for all.
#ifndef VYRE_SPV_CONFORM_PROTOCOL_H
#define VYRE_SPV_CONFORM_PROTOCOL_H

#include "conform.h"

struct protocol_call {
    const json_t *call;     // the record's arguments
    const json_t *expected; // its result; looked at for the form of the answer only
    const json_t *wire;     // of the program that the call names; NULL when that is not known
    bool lacks_program;     // set by an answer that needs that program
};

// The answer, new, or NULL when the arguments are none of this family.
typedef json_t *(*protocol_answer)(struct protocol_call *call);

// ---- Arguments: false when they are missing or of another kind ----------------------------------

bool protocol_as_u32(const json_t *value, uint32_t *out);
bool protocol_u32(const struct protocol_call *call, const char *key, uint32_t *out);
bool protocol_bool(const struct protocol_call *call, const char *key, bool *out);

struct protocol_words {
    uint32_t *items; // owned
    size_t count;
};

bool protocol_words(const json_t *array, struct protocol_words *out); // numbers of 32 bits
void protocol_words_fini(struct protocol_words *words);

// ---- Answers ------------------------------------------------------------------------------------

json_t *protocol_refused(void); // {"error": true}
json_t *protocol_hex(const void *bytes, size_t size);

// The bytes, or {"len": N} where the record has that, because there are many.
json_t *protocol_bytes(const struct protocol_call *call, const void *bytes, size_t size);

// A number, or null for a call that was refused.
json_t *protocol_number(enum vyre_result result, uint64_t value);

// ---- Families -----------------------------------------------------------------------------------

json_t *protocol_publish_slot(struct protocol_call *call);
json_t *protocol_publish_packed(struct protocol_call *call);
json_t *protocol_batch_publish(struct protocol_call *call);
json_t *protocol_window(struct protocol_call *call);
json_t *protocol_work_items(struct protocol_call *call);
json_t *protocol_transition(struct protocol_call *call);
json_t *protocol_load_miss(struct protocol_call *call);
json_t *protocol_count_done(struct protocol_call *call);

json_t *protocol_debug_log(struct protocol_call *call);
json_t *protocol_io_queue(struct protocol_call *call);
json_t *protocol_replay(struct protocol_call *call);
json_t *protocol_cache(struct protocol_call *call);

#endif // VYRE_SPV_CONFORM_PROTOCOL_H
