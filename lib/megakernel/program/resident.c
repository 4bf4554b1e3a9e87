// SPDX-License-Identifier: MIT
// The resident kernel around the payload:
//
//   loop step in 0..min(param STEPS, steps) {
//       invocation 0 claims up to param BATCH entries below param TAIL from the head
//       barrier
//       nothing claimed: return
//       one invocation per claimed entry checks its slot and writes a record of it
//       barrier
//       loop over the records {
//           loop over the slot's virtual workgroups { payload }
//           barrier
//           invocation 0 publishes DONE and the completion
//       }
//       invocation 0 adds to DONE_COUNT
//   }
//
// A claim is one fetch-and-add that gives back what lies beyond the tail, so nobody ever retries:
// once the head has passed the tail of an epoch it stays beyond it until the epoch ends, when all
// overshoot has been given back and the head is exact again.
#include "base/memory.h"
#include "writer.h"

#include <stdio.h>

// Words of the scratch memory: the claim, then the records.
enum {
    CLAIM_FIRST = 0,
    CLAIM_COUNT = 1,
    RECORDS = 2,
    RECORD_AT = 0,   // first word of the slot, or REFUSED
    RECORD_BASE = 1, // first virtual workgroup
    RECORD_RUN = 2,  // virtual workgroups
    RECORD_WINDOWS = 3,
};

#define REFUSED UINT32_MAX

// enum vyre_work_status, which this room does not see; a test compares them.
enum { STATUS_FAULT = 1, STATUS_DENIED = 2 };

// A slot number beyond this would wrap around when it becomes a word index.
#define MOST_SLOTS (UINT32_MAX / VYRE_SLOT_WORDS)

static uint32_t record_words(uint32_t window_count)
{
    return RECORD_WINDOWS + MK_WINDOW_WORDS * window_count;
}

uint32_t mk_scratch_words(uint32_t batch, uint32_t window_count)
{
    return RECORDS + batch * record_words(window_count);
}

static ir_name buffer(const struct mk_writer *w, enum mk_buffer which)
{
    return w->names.buffers[which];
}

static ir_name numbered(struct mk_writer *w, const char *prefix, uint32_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%s%u", prefix, number);
    return ir_draft_cname(&w->draft, text);
}

static struct ir_expr *param(struct mk_writer *w, enum mk_param which)
{
    return ir_ext_expr(&w->draft, IR_EXT_PARAM, 0, IR_ORDER_RELAXED, which, NULL, NULL);
}

// ---- Claiming -----------------------------------------------------------------------------------

static struct ir_expr *batch(struct mk_writer *w)
{
    return mk_bin(w, IR_BIN_MIN, param(w, MK_PARAM_BATCH), mk_lit(w, w->shape.batch));
}

static struct ir_expr *add_to_head(struct mk_writer *w, struct ir_expr *amount)
{
    return ir_atomic(&w->draft, IR_ATOMIC_ADD, IR_ORDER_RELAXED, buffer(w, MK_BUFFER_STATE),
                     mk_lit(w, MK_STATE_HEAD), NULL, amount);
}

// Positions wrap around, so "below the tail" is a difference of at most 2^31.
static void claim(struct mk_writer *w, struct ir_nodes *out)
{
    const struct mk_names *n = &w->names;
    mk_let(w, out, n->claimed, add_to_head(w, batch(w)));
    mk_let(w, out, n->available,
           mk_bin(w, IR_BIN_SUB, param(w, MK_PARAM_TAIL), mk_var(w, n->claimed)));
    mk_let(w, out, n->taken,
           ir_select(&w->draft,
                     mk_bin(w, IR_BIN_LE, mk_var(w, n->available), mk_lit(w, UINT32_C(1) << 31)),
                     mk_bin(w, IR_BIN_MIN, mk_var(w, n->available), batch(w)), mk_lit(w, 0)));
    struct ir_nodes give_back = { 0 };
    mk_let(w, &give_back, ir_draft_cname(&w->draft, "mk_returned"),
           add_to_head(w, mk_bin(w, IR_BIN_SUB, mk_var(w, n->taken), batch(w))));
    mk_if(w, out, mk_bin(w, IR_BIN_LT, mk_var(w, n->taken), batch(w)), &give_back);
    mk_store(w, out, n->scratch, mk_lit(w, CLAIM_FIRST), mk_var(w, n->claimed));
    mk_store(w, out, n->scratch, mk_lit(w, CLAIM_COUNT), mk_var(w, n->taken));
    ir_nodes_fini(&give_back);
}

static struct ir_expr *is_first_lane(struct mk_writer *w)
{
    return mk_bin(w, IR_BIN_EQ, mk_var(w, w->names.lane), mk_lit(w, 0));
}

static void write_claim(struct mk_writer *w, struct ir_nodes *out)
{
    struct ir_nodes running = { 0 };
    struct ir_nodes first = { 0 };
    claim(w, &running);
    struct ir_expr *shutdown =
        ir_ext_expr(&w->draft, IR_EXT_ATOMIC_LOAD, buffer(w, MK_BUFFER_CONTROL), IR_ORDER_RELAXED,
                    0, mk_lit(w, VYRE_CONTROL_SHUTDOWN), NULL);
    mk_store(w, &first, w->names.scratch, mk_lit(w, CLAIM_COUNT), mk_lit(w, 0));
    mk_if(w, &first, mk_bin(w, IR_BIN_EQ, shutdown, mk_lit(w, 0)), &running);
    mk_if(w, out, is_first_lane(w), &first);
    ir_nodes_fini(&first);
    ir_nodes_fini(&running);
}

static struct ir_expr *uniform_load(struct mk_writer *w, struct ir_expr *index)
{
    return ir_ext_expr(&w->draft, IR_EXT_UNIFORM_LOAD, w->names.scratch, IR_ORDER_RELAXED, 0, index,
                       NULL);
}

// ---- Checking a slot ----------------------------------------------------------------------------

static struct ir_expr *slot_word(struct mk_writer *w, uint32_t word)
{
    return ir_load(&w->draft, buffer(w, MK_BUFFER_SLOTS), mk_add(w, mk_var(w, w->names.at), word));
}

static void refuse(struct mk_writer *w, struct ir_nodes *out, struct ir_expr *cond, uint32_t status,
                   enum mk_fault fault)
{
    struct ir_nodes then = { 0 };
    ir_nodes_add(&w->draft, &then,
                 ir_assign(&w->draft, w->names.code, mk_lit(w, status | (uint32_t)fault << 8)));
    mk_if(w, out, cond, &then);
    ir_nodes_fini(&then);
}

static struct ir_expr *record(struct mk_writer *w, struct ir_expr *number, uint32_t word)
{
    return mk_add(w, mk_bin(w, IR_BIN_MUL, number, mk_lit(w, record_words(w->shape.window_count))),
                  RECORDS + word);
}

static void write_record(struct mk_writer *w, struct ir_nodes *out, uint32_t word,
                         struct ir_expr *value)
{
    mk_store(w, out, w->names.scratch, record(w, mk_var(w, w->names.lane), word), value);
}

// A window of the slot goes into the record; one that leaves its segment is a fault.
static void check_window(struct mk_writer *w, struct ir_nodes *out, uint32_t window)
{
    const struct mk_names *n = &w->names;
    const ir_name windows = buffer(w, MK_BUFFER_WINDOWS);
    struct ir_expr *at = mk_bin(w, IR_BIN_DIV, mk_var(w, n->at), mk_lit(w, VYRE_SLOT_WORDS));
    struct ir_expr *base =
        mk_bin(w, IR_BIN_MUL, at, mk_lit(w, MK_WINDOW_WORDS * w->shape.window_count));
    const ir_name index = numbered(w, "mk_window", window);
    const ir_name offset = numbered(w, "mk_from", window);
    const ir_name size = numbered(w, "mk_extent", window);
    mk_let(w, out, index, mk_add(w, base, MK_WINDOW_WORDS * window));
    mk_let(w, out, offset,
           ir_load(&w->draft, windows, mk_add(w, mk_var(w, index), MK_WINDOW_OFFSET)));
    mk_let(w, out, size, ir_load(&w->draft, windows, mk_add(w, mk_var(w, index), MK_WINDOW_SIZE)));
    struct ir_expr *rest = mk_bin(w, IR_BIN_SATURATING_SUB,
                                  ir_buf_len(&w->draft, w->segments[window]), mk_var(w, offset));
    refuse(w, out, mk_bin(w, IR_BIN_GT, mk_var(w, size), rest), STATUS_FAULT, MK_FAULT_WINDOW);
    write_record(w, out, RECORD_WINDOWS + MK_WINDOW_WORDS * window + MK_WINDOW_OFFSET,
                 mk_var(w, offset));
    write_record(w, out, RECORD_WINDOWS + MK_WINDOW_WORDS * window + MK_WINDOW_SIZE,
                 mk_var(w, size));
}

static void check_payload_slot(struct mk_writer *w, struct ir_nodes *out)
{
    const struct mk_names *n = &w->names;
    ir_nodes_add(&w->draft, out,
                 ir_assign(&w->draft, n->wanted, slot_word(w, VYRE_SLOT_ARG0 + MK_ARG_COUNT)));
    refuse(w, out, mk_bin(w, IR_BIN_GT, mk_var(w, n->wanted), mk_lit(w, w->shape.workgroups)),
           STATUS_FAULT, MK_FAULT_COUNT);
    write_record(w, out, RECORD_BASE, slot_word(w, VYRE_SLOT_ARG0 + MK_ARG_BASE));
    for (uint32_t i = 0; i < w->shape.window_count; i++)
        check_window(w, out, i);
}

// Tenants without a mask, and those whose mask is zero, are denied; the mask table's place is
// fixed, whatever the pointer word of the control buffer says.
static void check_published_slot(struct mk_writer *w, struct ir_nodes *out)
{
    const struct mk_names *n = &w->names;
    mk_let(w, out, n->tenant, slot_word(w, VYRE_SLOT_TENANT));
    mk_let(
        w, out, n->allowed,
        ir_load(
            &w->draft, buffer(w, MK_BUFFER_CONTROL),
            mk_add(w, mk_bin(w, IR_BIN_MIN, mk_var(w, n->tenant), mk_lit(w, VYRE_TENANT_MASKS - 1)),
                   VYRE_CONTROL_TENANT_MASKS)));
    refuse(w, out, mk_bin(w, IR_BIN_EQ, mk_var(w, n->allowed), mk_lit(w, 0)), STATUS_DENIED,
           MK_FAULT_NONE);
    refuse(w, out, mk_bin(w, IR_BIN_GE, mk_var(w, n->tenant), mk_lit(w, VYRE_TENANT_MASKS)),
           STATUS_DENIED, MK_FAULT_NONE);

    struct ir_nodes allowed = { 0 };
    struct ir_nodes payload = { 0 };
    mk_let(w, &allowed, n->opcode, slot_word(w, VYRE_SLOT_OPCODE));
    struct ir_nodes other = { 0 };
    refuse(w, &other, mk_bin(w, IR_BIN_NE, mk_var(w, n->opcode), mk_lit(w, VYRE_OPCODE_NOP)),
           STATUS_FAULT, MK_FAULT_OPCODE);
    check_payload_slot(w, &payload);
    struct ir_body yes = ir_nodes_take(&w->draft, &payload);
    struct ir_body no = ir_nodes_take(&w->draft, &other);
    ir_nodes_add(&w->draft, &allowed,
                 ir_if(&w->draft,
                       mk_bin(w, IR_BIN_EQ, mk_var(w, n->opcode), mk_lit(w, VYRE_OPCODE_PAYLOAD)),
                       yes, no));
    mk_if(w, out, mk_bin(w, IR_BIN_EQ, mk_var(w, n->code), mk_lit(w, 0)), &allowed);
    ir_nodes_fini(&allowed);
    ir_nodes_fini(&payload);
    ir_nodes_fini(&other);
}

// ---- Completing ---------------------------------------------------------------------------------

static void set_status(struct mk_writer *w, struct ir_nodes *out, struct ir_expr *status)
{
    struct ir_node *node = ir_draft_node(&w->draft, IR_NODE_OPAQUE);
    if (node) {
        node->ext = IR_EXT_ATOMIC_STORE;
        node->ordering = IR_ORDER_RELEASE;
        node->name = buffer(w, MK_BUFFER_SLOTS);
        node->a = mk_var(w, w->names.at);
        node->b = status;
    }
    ir_nodes_add(&w->draft, out, node);
}

// The completion of the queue entry at `position`; the ticket is what makes it valid.
static void complete(struct mk_writer *w, struct ir_nodes *out, struct ir_expr *position,
                     struct ir_expr *verdict)
{
    ir_name at = ir_draft_cname(&w->draft, "mk_position");
    ir_name entry = ir_draft_cname(&w->draft, "mk_entry");
    const ir_name completion = buffer(w, MK_BUFFER_COMPLETION);
    mk_let(w, out, at, position);
    struct ir_expr *mask =
        mk_bin(w, IR_BIN_SUB, ir_buf_len(&w->draft, buffer(w, MK_BUFFER_QUEUE)), mk_lit(w, 1));
    mk_let(w, out, entry,
           mk_bin(w, IR_BIN_MUL, mk_bin(w, IR_BIN_BIT_AND, mk_var(w, at), mask),
                  mk_lit(w, MK_COMPLETION_WORDS)));
    mk_store(w, out, completion, mk_add(w, mk_var(w, entry), MK_COMPLETION_VERDICT), verdict);
    struct ir_node *ticket = ir_draft_node(&w->draft, IR_NODE_OPAQUE);
    if (ticket) {
        ticket->ext = IR_EXT_ATOMIC_STORE;
        ticket->ordering = IR_ORDER_RELEASE;
        ticket->name = completion;
        ticket->a = mk_add(w, mk_var(w, entry), MK_COMPLETION_TICKET);
        ticket->b = mk_add(w, mk_var(w, at), 1);
    }
    ir_nodes_add(&w->draft, out, ticket);
}

// A refused slot is completed at once. A denied one is given back as it was.
static void write_refusal(struct mk_writer *w, struct ir_nodes *out)
{
    const struct mk_names *n = &w->names;
    struct ir_nodes refused = { 0 };
    struct ir_nodes owned = { 0 };
    ir_nodes_add(&w->draft, &refused, ir_assign(&w->draft, n->wanted, mk_lit(w, 0)));
    struct ir_expr *denied = mk_bin(w, IR_BIN_EQ, mk_var(w, n->code), mk_lit(w, STATUS_DENIED));
    set_status(w, &owned,
               ir_select(&w->draft, denied, mk_lit(w, VYRE_STATUS_PUBLISHED),
                         mk_lit(w, VYRE_STATUS_FAULT)));
    // What was not ours to claim is not ours to mark.
    mk_if(w, &refused, mk_bin(w, IR_BIN_EQ, mk_var(w, n->seen), mk_lit(w, VYRE_STATUS_PUBLISHED)),
          &owned);
    complete(w, &refused, mk_bin(w, IR_BIN_ADD, mk_var(w, n->first), mk_var(w, n->lane)),
             mk_var(w, n->code));
    mk_if(w, out, mk_bin(w, IR_BIN_NE, mk_var(w, n->code), mk_lit(w, 0)), &refused);
    ir_nodes_fini(&owned);
    ir_nodes_fini(&refused);
}

// One invocation per claimed entry.
static void write_checks(struct mk_writer *w, struct ir_nodes *out)
{
    const struct mk_names *n = &w->names;
    struct ir_nodes mine = { 0 };
    struct ir_nodes published = { 0 };
    struct ir_expr *mask =
        mk_bin(w, IR_BIN_SUB, ir_buf_len(&w->draft, buffer(w, MK_BUFFER_QUEUE)), mk_lit(w, 1));
    struct ir_expr *position = mk_bin(w, IR_BIN_ADD, mk_var(w, n->first), mk_var(w, n->lane));
    struct ir_expr *number =
        ir_load(&w->draft, buffer(w, MK_BUFFER_QUEUE), mk_bin(w, IR_BIN_BIT_AND, position, mask));
    mk_let(w, &mine, n->at,
           mk_bin(w, IR_BIN_MUL, mk_bin(w, IR_BIN_MIN, number, mk_lit(w, MOST_SLOTS)),
                  mk_lit(w, VYRE_SLOT_WORDS)));
    mk_let(w, &mine, n->seen,
           ir_atomic(&w->draft, IR_ATOMIC_COMPARE_EXCHANGE, IR_ORDER_ACQUIRE,
                     buffer(w, MK_BUFFER_SLOTS), mk_var(w, n->at), mk_lit(w, VYRE_STATUS_PUBLISHED),
                     mk_lit(w, VYRE_STATUS_CLAIMED)));
    mk_let(w, &mine, n->code, mk_lit(w, 0));
    mk_let(w, &mine, n->wanted, mk_lit(w, 0));
    check_published_slot(w, &published);
    mk_if(w, &mine, mk_bin(w, IR_BIN_EQ, mk_var(w, n->seen), mk_lit(w, VYRE_STATUS_PUBLISHED)),
          &published);
    refuse(w, &mine, mk_bin(w, IR_BIN_NE, mk_var(w, n->seen), mk_lit(w, VYRE_STATUS_PUBLISHED)),
           STATUS_FAULT, MK_FAULT_STATUS);
    write_refusal(w, &mine);
    struct ir_expr *accepted = mk_bin(w, IR_BIN_EQ, mk_var(w, n->code), mk_lit(w, 0));
    write_record(w, &mine, RECORD_AT,
                 ir_select(&w->draft, accepted, mk_var(w, n->at), mk_lit(w, REFUSED)));
    write_record(w, &mine, RECORD_RUN, mk_var(w, n->wanted));
    mk_if(w, out, mk_bin(w, IR_BIN_LT, mk_var(w, n->lane), mk_var(w, n->count)), &mine);
    ir_nodes_fini(&published);
    ir_nodes_fini(&mine);
}

// ---- Running ------------------------------------------------------------------------------------

static void from_record(struct mk_writer *w, struct ir_nodes *out, ir_name name, uint32_t word)
{
    mk_let(w, out, name, uniform_load(w, record(w, mk_var(w, w->names.slot_in_batch), word)));
}

static void write_workgroups(struct mk_writer *w, struct ir_nodes *out)
{
    const struct mk_names *n = &w->names;
    ir_name base = ir_draft_cname(&w->draft, "mk_base");
    from_record(w, out, base, RECORD_BASE);
    for (uint32_t i = 0; i < w->shape.window_count; i++) {
        from_record(w, out, n->offset[i], RECORD_WINDOWS + MK_WINDOW_WORDS * i + MK_WINDOW_OFFSET);
        from_record(w, out, n->size[i], RECORD_WINDOWS + MK_WINDOW_WORDS * i + MK_WINDOW_SIZE);
    }
    struct ir_nodes body = { 0 };
    mk_let(w, &body, n->group, mk_bin(w, IR_BIN_ADD, mk_var(w, base), mk_var(w, n->virtual_index)));
    mk_let(w, &body, n->global,
           mk_bin(w, IR_BIN_ADD,
                  mk_bin(w, IR_BIN_MUL, mk_var(w, n->group), mk_lit(w, w->payload->workgroup[0])),
                  ir_id(&w->draft, IR_EXPR_LOCAL_ID, 0)));
    mk_payload_write(w, &body);
    mk_loop(w, out, n->virtual_index,
            mk_bin(w, IR_BIN_MIN, mk_var(w, n->run), mk_lit(w, w->shape.workgroups)), &body);
    ir_nodes_fini(&body);
    mk_barrier(w, out); // what every invocation wrote comes before DONE
}

static void write_completion(struct mk_writer *w, struct ir_nodes *out, ir_name done)
{
    const struct mk_names *n = &w->names;
    struct ir_nodes first = { 0 };
    struct ir_expr *fault = mk_lit(w, 0);
    if (w->may_fault)
        fault =
            ir_atomic(&w->draft, IR_ATOMIC_EXCHANGE, IR_ORDER_RELAXED, buffer(w, MK_BUFFER_STATE),
                      mk_add(w, ir_id(&w->draft, IR_EXPR_WORKGROUP_ID, 0), MK_STATE_FAULTS), NULL,
                      mk_lit(w, 0));
    mk_let(w, &first, n->code, fault);
    struct ir_expr *clean = mk_bin(w, IR_BIN_EQ, mk_var(w, n->code), mk_lit(w, 0));
    mk_let(w, &first, n->seen, ir_select(&w->draft, clean, mk_lit(w, 1), mk_lit(w, 0)));
    ir_nodes_add(
        &w->draft, &first,
        ir_assign(&w->draft, done, mk_bin(w, IR_BIN_ADD, mk_var(w, done), mk_var(w, n->seen))));
    struct ir_expr *is_done = mk_bin(w, IR_BIN_NE, mk_var(w, n->seen), mk_lit(w, 0));
    set_status(
        w, &first,
        ir_select(&w->draft, is_done, mk_lit(w, VYRE_STATUS_DONE), mk_lit(w, VYRE_STATUS_FAULT)));
    struct ir_expr *faulted =
        mk_bin(w, IR_BIN_BIT_OR, mk_bin(w, IR_BIN_SHL, mk_var(w, n->code), mk_lit(w, 8)),
               mk_lit(w, STATUS_FAULT));
    struct ir_expr *still_done = mk_bin(w, IR_BIN_NE, mk_var(w, n->seen), mk_lit(w, 0));
    complete(w, &first, mk_bin(w, IR_BIN_ADD, mk_var(w, n->first), mk_var(w, n->slot_in_batch)),
             ir_select(&w->draft, still_done, mk_lit(w, 0), faulted));
    struct ir_nodes accepted = { 0 };
    mk_let(w, &accepted, n->at,
           ir_load(&w->draft, n->scratch, record(w, mk_var(w, n->slot_in_batch), RECORD_AT)));
    mk_if(w, &accepted, mk_bin(w, IR_BIN_NE, mk_var(w, n->at), mk_lit(w, REFUSED)), &first);
    mk_if(w, out, is_first_lane(w), &accepted);
    ir_nodes_fini(&accepted);
    ir_nodes_fini(&first);
}

// The barriers in here stay outside of any condition: a refused slot runs no virtual workgroup.
static void write_batch(struct mk_writer *w, struct ir_nodes *out)
{
    const struct mk_names *n = &w->names;
    ir_name done = ir_draft_cname(&w->draft, "mk_done");
    struct ir_nodes one = { 0 };
    mk_let(w, out, done, mk_lit(w, 0));
    from_record(w, &one, n->run, RECORD_RUN);
    write_workgroups(w, &one);
    write_completion(w, &one, done);
    mk_loop(w, out, n->slot_in_batch,
            mk_bin(w, IR_BIN_MIN, mk_var(w, n->count), mk_lit(w, w->shape.batch)), &one);

    // DONE comes before DONE_COUNT; one addition per batch. Everybody but the first adds nothing.
    struct ir_nodes add = { 0 };
    mk_let(w, &add, ir_draft_cname(&w->draft, "mk_counted"),
           ir_atomic(&w->draft, IR_ATOMIC_ADD, IR_ORDER_RELEASE, buffer(w, MK_BUFFER_CONTROL),
                     mk_lit(w, VYRE_CONTROL_DONE_COUNT), NULL, mk_var(w, done)));
    mk_if(w, out, mk_bin(w, IR_BIN_NE, mk_var(w, done), mk_lit(w, 0)), &add);
    ir_nodes_fini(&add);
    ir_nodes_fini(&one);
}

// ---- The whole ----------------------------------------------------------------------------------

static void write_step(struct mk_writer *w, struct ir_nodes *out)
{
    const struct mk_names *n = &w->names;
    write_claim(w, out);
    mk_barrier(w, out);
    mk_let(w, out, n->first, uniform_load(w, mk_lit(w, CLAIM_FIRST)));
    mk_let(w, out, n->count, uniform_load(w, mk_lit(w, CLAIM_COUNT)));
    struct ir_nodes nothing = { 0 };
    ir_nodes_add(&w->draft, &nothing, ir_return(&w->draft));
    mk_if(w, out, mk_bin(w, IR_BIN_EQ, mk_var(w, n->count), mk_lit(w, 0)), &nothing);
    ir_nodes_fini(&nothing);
    write_checks(w, out);
    mk_barrier(w, out);
    write_batch(w, out);
}

static struct ir_expr *linear_lane(struct mk_writer *w)
{
    const uint32_t *size = w->payload->workgroup;
    struct ir_expr *lane = ir_id(&w->draft, IR_EXPR_LOCAL_ID, 0);
    uint32_t stride = size[0];
    for (uint8_t axis = 1; axis < 3; axis++) {
        if (size[axis] > 1)
            lane = mk_bin(
                w, IR_BIN_ADD, lane,
                mk_bin(w, IR_BIN_MUL, ir_id(&w->draft, IR_EXPR_LOCAL_ID, axis), mk_lit(w, stride)));
        stride *= size[axis];
    }
    return lane;
}

static struct ir_body write_kernel(struct mk_writer *w)
{
    struct ir_nodes entry = { 0 };
    struct ir_nodes step = { 0 };
    struct ir_nodes top = { 0 };
    mk_let(w, &entry, w->names.lane, linear_lane(w));
    write_step(w, &step);
    mk_loop(w, &entry, w->names.step,
            mk_bin(w, IR_BIN_MIN, param(w, MK_PARAM_STEPS), mk_lit(w, w->shape.steps)), &step);
    ir_nodes_add(&w->draft, &top,
                 ir_region(&w->draft, ir_draft_cname(&w->draft, "vyre.megakernel"),
                           ir_nodes_take(&w->draft, &entry)));
    struct ir_body body = ir_nodes_take(&w->draft, &top);
    ir_nodes_fini(&top);
    ir_nodes_fini(&step);
    ir_nodes_fini(&entry);
    return body;
}

static void declare(struct mk_writer *w)
{
    static const struct {
        const char *name;
        enum vyre_access access;
    } own[MK_BUFFER_SEGMENTS] = {
        [MK_BUFFER_CONTROL] = { "mk_control", VYRE_ACCESS_READ_WRITE },
        [MK_BUFFER_SLOTS] = { "mk_slots", VYRE_ACCESS_READ_WRITE },
        [MK_BUFFER_QUEUE] = { "mk_queue", VYRE_ACCESS_READ_ONLY },
        [MK_BUFFER_WINDOWS] = { "mk_windows", VYRE_ACCESS_READ_ONLY },
        [MK_BUFFER_STATE] = { "mk_state", VYRE_ACCESS_READ_WRITE },
        [MK_BUFFER_COMPLETION] = { "mk_completion", VYRE_ACCESS_READ_WRITE },
    };
    const struct ir_type *word = ir_type_scalar(IR_TYPE_U32);
    for (uint32_t i = 0; i < MK_BUFFER_SEGMENTS; i++) {
        w->names.buffers[i] = ir_draft_cname(&w->draft, own[i].name);
        struct ir_buffer buffer = ir_buffer_defaults(w->names.buffers[i], i, own[i].access, word);
        ir_draft_buffer(&w->draft, &buffer);
    }
    mk_payload_declare(w);
    w->names.scratch = ir_draft_cname(&w->draft, "mk_scratch");
    struct ir_buffer scratch = ir_buffer_defaults(w->names.scratch, 0, VYRE_ACCESS_WORKGROUP, word);
    scratch.count = mk_scratch_words(w->shape.batch, w->shape.window_count);
    ir_draft_buffer(&w->draft, &scratch);
}

static void name_locals(struct mk_writer *w)
{
    const struct {
        ir_name *name;
        const char *text;
    } locals[] = {
        { &w->names.lane, "mk_lane" },       { &w->names.first, "mk_first" },
        { &w->names.count, "mk_count" },     { &w->names.claimed, "mk_claimed" },
        { &w->names.taken, "mk_taken" },     { &w->names.available, "mk_available" },
        { &w->names.step, "mk_step" },       { &w->names.slot_in_batch, "mk_k" },
        { &w->names.virtual_index, "mk_v" }, { &w->names.at, "mk_at" },
        { &w->names.seen, "mk_seen" },       { &w->names.code, "mk_code" },
        { &w->names.tenant, "mk_tenant" },   { &w->names.allowed, "mk_allowed" },
        { &w->names.opcode, "mk_opcode" },   { &w->names.wanted, "mk_wanted" },
        { &w->names.run, "mk_run" },         { &w->names.group, "mk_group" },
        { &w->names.global, "mk_global" },   { &w->names.alive, "mk_alive" },
    };
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
        *locals[i].name = ir_draft_cname(&w->draft, locals[i].text);
    for (uint32_t i = 0; i < w->shape.window_count; i++) {
        w->names.offset[i] = numbered(w, "mk_offset", i);
        w->names.size[i] = numbered(w, "mk_size", i);
    }
}

static enum vyre_result write_program(struct mk_writer *w, struct vyre_program **out)
{
    if (!ir_draft_init(&w->draft)) {
        ir_draft_fini(&w->draft);
        return VYRE_ERR_NO_MEMORY;
    }
    w->invocations = 1;
    for (int axis = 0; axis < 3; axis++) {
        w->draft.program->workgroup[axis] = w->payload->workgroup[axis];
        w->invocations *= w->payload->workgroup[axis];
    }
    w->may_fault = mk_payload_may_fault(w);
    declare(w);
    name_locals(w);
    return ir_draft_finish(&w->draft, write_kernel(w), true, out);
}

enum vyre_result mk_fuse(const struct vyre_program *payload, const struct mk_fuse_params *params,
                         struct vyre_program **out, struct mk_shape *shape)
{
    *out = NULL;
    struct mk_writer writer = { .payload = payload };
    enum vyre_result result = mk_payload_check(payload, params->diag, &writer.shape.window_count);
    if (result == VYRE_OK && !mk_loops_find(payload, &writer.loops))
        result = VYRE_ERR_NO_MEMORY;
    if (result == VYRE_OK)
        result = mk_shape_plan(payload, &writer.loops, params, &writer.shape);
    if (result == VYRE_OK)
        result = write_program(&writer, out);
    mk_loops_fini(&writer.loops);
    *shape = writer.shape;
    return result;
}
