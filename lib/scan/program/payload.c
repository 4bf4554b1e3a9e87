// SPDX-License-Identifier: MIT
#include "scan/program/payload.h"

#include <stddef.h>

#include "ir/draft.h"
#include "scan/program/automaton.h"

// The program, in the text form:
//
//   let begin = job.base + local_id.x * job.lane_size
//   if begin < job.to {
//       let warm = min(job.warm_size, begin)
//       let state = 0; let total = 0; let word = (begin - warm) / 4
//       loop i in 0 .. min(warm / 16, WARM) { state = 16 transitions; word += 4 }
//       loop j in 0 .. min(blocks of own bytes, OWN) {
//           e0 .. e15 = 16 transitions; state = e15; word += 4
//           if (e0 | .. | e15) has SCAN_HIT {
//               found = one bit for each entry with SCAN_HIT whose byte is in [from, to)
//               at = 2 * atomic_add(count, 0, popcount(found))                    not when counting
//               loop h in 0 .. min(popcount(found), 16) {
//                   entry = that of the lowest bit of found; clear the bit
//                   store a pair at `at`; at += 2        when counting: total += outputs of entry
//               }
//           }
//       }
//       if total != 0 { atomic_add(count, 0, total) }                            when counting
//   }
//
// Sixteen transitions per iteration keep the number of iterations low, which some drivers limit,
// and leave one well-predicted test per block. A transition word keeps SCAN_HIT until it is used.
//
// Drivers that run invocations as lanes of a CPU's vectors go through every branch, taken or not,
// and through every loop at least once, lane by lane where memory is accessed. That is why hits are
// reported in a loop: what is not found costs its accesses once per block, not sixteen times.
struct writer {
    struct ir_draft draft;
    bool counting;
    ir_name buffers[SCAN_BUFFER_COUNT_OF];
    struct {
        ir_name from, to, low, span; // locals with fields of the job
        ir_name state, total, word;
        ir_name found, hits, at, bit, entry, place; // of a block that has hits
        ir_name bytes[SCAN_BLOCK / 4];
        ir_name entries[SCAN_BLOCK];
    } names;
};

static ir_name numbered(struct ir_draft *draft, char letter, unsigned number)
{
    char text[4] = { letter, (char)('0' + number / 10), (char)('0' + number % 10), 0 };
    return ir_draft_cname(draft, text);
}

static void declare(struct writer *writer)
{
    static const struct {
        const char *name;
        enum vyre_access access;
    } buffers[SCAN_BUFFER_COUNT_OF] = {
        [SCAN_BUFFER_TEXT] = { "text", VYRE_ACCESS_READ_ONLY },
        [SCAN_BUFFER_JOB] = { "job", VYRE_ACCESS_READ_ONLY },
        [SCAN_BUFFER_TABLE] = { "table", VYRE_ACCESS_READ_ONLY },
        [SCAN_BUFFER_COUNT] = { "count", VYRE_ACCESS_READ_WRITE },
        [SCAN_BUFFER_HITS] = { "hits", VYRE_ACCESS_READ_WRITE },
    };
    struct ir_draft *draft = &writer->draft;
    for (uint32_t i = 0; i < SCAN_BUFFER_COUNT_OF; i++) {
        writer->buffers[i] = ir_draft_cname(draft, buffers[i].name);
        struct ir_buffer buffer = ir_buffer_defaults(writer->buffers[i], i, buffers[i].access,
                                                     ir_type_scalar(IR_TYPE_U32));
        (void)ir_draft_buffer(draft, &buffer);
    }
    writer->names.from = ir_draft_cname(draft, "from");
    writer->names.to = ir_draft_cname(draft, "to");
    writer->names.low = ir_draft_cname(draft, "low");
    writer->names.span = ir_draft_cname(draft, "span");
    writer->names.state = ir_draft_cname(draft, "state");
    writer->names.total = ir_draft_cname(draft, "total");
    writer->names.word = ir_draft_cname(draft, "word");
    writer->names.found = ir_draft_cname(draft, "found");
    writer->names.hits = ir_draft_cname(draft, "n");
    writer->names.at = ir_draft_cname(draft, "at");
    writer->names.bit = ir_draft_cname(draft, "bit");
    writer->names.entry = ir_draft_cname(draft, "entry");
    writer->names.place = ir_draft_cname(draft, "place");
    for (unsigned i = 0; i < SCAN_BLOCK / 4; i++)
        writer->names.bytes[i] = numbered(draft, 'w', i);
    for (unsigned i = 0; i < SCAN_BLOCK; i++)
        writer->names.entries[i] = numbered(draft, 'e', i);
}

static struct ir_expr *field(struct ir_draft *draft, const struct writer *writer, size_t offset)
{
    return ir_load(draft, writer->buffers[SCAN_BUFFER_JOB],
                   ir_lit_u32(draft, (uint32_t)(offset / sizeof(uint32_t))));
}

static struct ir_expr *op(struct writer *writer, enum ir_binop op, struct ir_expr *left,
                          struct ir_expr *right)
{
    return ir_bin(&writer->draft, op, left, right);
}

static struct ir_expr *lit(struct writer *writer, uint32_t value)
{
    return ir_lit_u32(&writer->draft, value);
}

static struct ir_expr *var(struct writer *writer, ir_name name)
{
    return ir_var(&writer->draft, name);
}

static void let(struct writer *writer, struct ir_nodes *nodes, ir_name name, struct ir_expr *value)
{
    ir_nodes_add(&writer->draft, nodes, ir_let(&writer->draft, name, value));
}

static void assign(struct writer *writer, struct ir_nodes *nodes, ir_name name,
                   struct ir_expr *value)
{
    ir_nodes_add(&writer->draft, nodes, ir_assign(&writer->draft, name, value));
}

static void when(struct writer *writer, struct ir_nodes *nodes, struct ir_expr *cond,
                 struct ir_nodes *then, struct ir_nodes *otherwise)
{
    struct ir_body yes = ir_nodes_take(&writer->draft, then);
    struct ir_body no = { 0 };
    if (otherwise)
        no = ir_nodes_take(&writer->draft, otherwise);
    ir_nodes_add(&writer->draft, nodes, ir_if(&writer->draft, cond, yes, no));
}

static struct ir_expr *row_of(struct writer *writer, ir_name entry)
{
    return op(writer, IR_BIN_BIT_AND, var(writer, entry), lit(writer, ~SCAN_HIT));
}

// table[row + min(byte - low, span)]: bytes below `low` wrap around and become `span` too.
static struct ir_expr *transition(struct writer *writer, ir_name from, unsigned position)
{
    ir_name word = writer->names.bytes[position / 4];
    struct ir_expr *byte = op(
        writer, IR_BIN_BIT_AND,
        op(writer, IR_BIN_SHR, var(writer, word), lit(writer, position % 4 * 8)), lit(writer, 255));
    struct ir_expr *column =
        op(writer, IR_BIN_MIN, op(writer, IR_BIN_SUB, byte, var(writer, writer->names.low)),
           var(writer, writer->names.span));
    return ir_load(&writer->draft, writer->buffers[SCAN_BUFFER_TABLE],
                   op(writer, IR_BIN_ADD, row_of(writer, from), column));
}

// Reads one block at `word` and walks it: binds the sixteen entries, advances `state` and `word`.
static void walk(struct writer *writer, struct ir_nodes *nodes)
{
    ir_name word = writer->names.word;
    for (unsigned i = 0; i < SCAN_BLOCK / 4; i++)
        let(writer, nodes, writer->names.bytes[i],
            ir_load(&writer->draft, writer->buffers[SCAN_BUFFER_TEXT],
                    op(writer, IR_BIN_ADD, var(writer, word), lit(writer, i))));
    ir_name from = writer->names.state;
    for (unsigned i = 0; i < SCAN_BLOCK; i++) {
        let(writer, nodes, writer->names.entries[i], transition(writer, from, i));
        from = writer->names.entries[i];
    }
    assign(writer, nodes, writer->names.state, var(writer, from));
    assign(writer, nodes, word,
           op(writer, IR_BIN_ADD, var(writer, word), lit(writer, SCAN_BLOCK / 4)));
}

// The bits of entries with SCAN_HIT, that of the block's first byte lowest.
static struct ir_expr *flags(struct writer *writer)
{
    struct ir_expr *all = NULL;
    for (unsigned i = 0; i < SCAN_BLOCK; i++) {
        struct ir_expr *flag =
            op(writer, IR_BIN_BIT_AND,
               op(writer, IR_BIN_SHR, var(writer, writer->names.entries[i]), lit(writer, 31 - i)),
               lit(writer, 1u << i));
        all = all ? op(writer, IR_BIN_BIT_OR, all, flag) : flag;
    }
    return all;
}

// The bits of the block's bytes in [from, to): its first and its last bytes may lie beyond.
static struct ir_expr *inside(struct writer *writer)
{
    struct ir_expr *low = op(
        writer, IR_BIN_SUB,
        op(writer, IR_BIN_MAX, var(writer, writer->names.from), var(writer, writer->names.place)),
        var(writer, writer->names.place));
    struct ir_expr *high =
        op(writer, IR_BIN_MIN,
           op(writer, IR_BIN_SUB, var(writer, writer->names.to), var(writer, writer->names.place)),
           lit(writer, SCAN_BLOCK));
    return op(writer, IR_BIN_SUB, op(writer, IR_BIN_SHL, lit(writer, 1), high),
              op(writer, IR_BIN_SHL, lit(writer, 1), low));
}

// Entry `bit` of the block, by a tree of selects: `count` entries from `first` on.
static struct ir_expr *entry_at(struct writer *writer, unsigned first, unsigned count)
{
    if (count == 1)
        return var(writer, writer->names.entries[first]);
    struct ir_expr *low = entry_at(writer, first, count / 2);
    struct ir_expr *high = entry_at(writer, first + count / 2, count / 2);
    struct ir_expr *is_high =
        op(writer, IR_BIN_NE,
           op(writer, IR_BIN_BIT_AND, var(writer, writer->names.bit), lit(writer, count / 2)),
           lit(writer, 0));
    return ir_select(&writer->draft, is_high, high, low);
}

// A pair at `at`: the position of the hit, and the row of its state.
static void store_hit(struct writer *writer, struct ir_nodes *nodes)
{
    struct ir_draft *draft = &writer->draft;
    ir_name hits = writer->buffers[SCAN_BUFFER_HITS];
    ir_name at = writer->names.at;
    ir_nodes_add(draft, nodes,
                 ir_store(draft, hits, var(writer, at),
                          op(writer, IR_BIN_ADD, var(writer, writer->names.place),
                             var(writer, writer->names.bit))));
    ir_nodes_add(draft, nodes,
                 ir_store(draft, hits, op(writer, IR_BIN_ADD, var(writer, at), lit(writer, 1)),
                          row_of(writer, writer->names.entry)));
    assign(writer, nodes, at, op(writer, IR_BIN_ADD, var(writer, at), lit(writer, 2)));
}

// Adds the number of patterns of the hit, which is the last column of its row, to `total`.
static void count_hit(struct writer *writer, struct ir_nodes *nodes)
{
    struct ir_expr *column =
        op(writer, IR_BIN_ADD, var(writer, writer->names.span), lit(writer, 1));
    struct ir_expr *outputs =
        ir_load(&writer->draft, writer->buffers[SCAN_BUFFER_TABLE],
                op(writer, IR_BIN_ADD, row_of(writer, writer->names.entry), column));
    assign(writer, nodes, writer->names.total,
           op(writer, IR_BIN_ADD, var(writer, writer->names.total), outputs));
}

// Takes the lowest bit of `found` and reports its hit.
static void report_hit(struct writer *writer, struct ir_nodes *nodes)
{
    struct ir_draft *draft = &writer->draft;
    ir_name found = writer->names.found;
    let(writer, nodes, writer->names.bit, ir_un(draft, IR_UN_CTZ, var(writer, found)));
    assign(writer, nodes, found,
           op(writer, IR_BIN_BIT_AND, var(writer, found),
              op(writer, IR_BIN_SUB, var(writer, found), lit(writer, 1))));
    let(writer, nodes, writer->names.entry, entry_at(writer, 0, SCAN_BLOCK));
    if (writer->counting)
        count_hit(writer, nodes);
    else
        store_hit(writer, nodes);
}

// Returns what the count word was before.
static struct ir_expr *add_to_count(struct writer *writer, struct ir_expr *value)
{
    return ir_atomic(&writer->draft, IR_ATOMIC_ADD, IR_ORDER_RELAXED,
                     writer->buffers[SCAN_BUFFER_COUNT], lit(writer, 0), NULL, value);
}

// Reports the hits of the block that was just walked: `word` is past it.
static void report(struct writer *writer, struct ir_nodes *nodes)
{
    struct ir_draft *draft = &writer->draft;
    struct ir_nodes then = { 0 };
    struct ir_nodes body = { 0 };
    ir_name hits = writer->names.hits;
    let(writer, &then, writer->names.place,
        op(writer, IR_BIN_SUB,
           op(writer, IR_BIN_SHL, var(writer, writer->names.word), lit(writer, 2)),
           lit(writer, SCAN_BLOCK)));
    let(writer, &then, writer->names.found,
        op(writer, IR_BIN_BIT_AND, flags(writer), inside(writer)));
    let(writer, &then, hits, ir_un(draft, IR_UN_POPCOUNT, var(writer, writer->names.found)));
    if (!writer->counting)
        let(writer, &then, writer->names.at,
            op(writer, IR_BIN_SHL, add_to_count(writer, var(writer, hits)), lit(writer, 1)));
    report_hit(writer, &body);
    struct ir_body taken = ir_nodes_take(draft, &body);
    ir_nodes_add(draft, &then,
                 ir_loop(draft, ir_draft_cname(draft, "h"), lit(writer, 0),
                         op(writer, IR_BIN_MIN, var(writer, hits), lit(writer, SCAN_BLOCK)),
                         taken));

    struct ir_expr *any = var(writer, writer->names.entries[0]);
    for (unsigned i = 1; i < SCAN_BLOCK; i++)
        any = op(writer, IR_BIN_BIT_OR, any, var(writer, writer->names.entries[i]));
    when(writer, nodes, op(writer, IR_BIN_GE, any, lit(writer, SCAN_HIT)), &then, NULL);
    ir_nodes_fini(&body);
    ir_nodes_fini(&then);
}

// loop NAME in 0 .. min(blocks, bound) { walk, and report when `own` }
static void walk_loop(struct writer *writer, struct ir_nodes *nodes, const char *name,
                      struct ir_expr *blocks, uint32_t bound, bool own)
{
    struct ir_nodes body = { 0 };
    walk(writer, &body);
    if (own)
        report(writer, &body);
    struct ir_body taken = ir_nodes_take(&writer->draft, &body);
    ir_nodes_add(&writer->draft, nodes,
                 ir_loop(&writer->draft, ir_draft_cname(&writer->draft, name), lit(writer, 0),
                         op(writer, IR_BIN_MIN, blocks, lit(writer, bound)), taken));
    ir_nodes_fini(&body);
}

// What a lane does when it has bytes of its own.
static void lane(struct writer *writer, struct ir_nodes *nodes, const struct scan_shape *shape,
                 ir_name begin)
{
    struct ir_draft *draft = &writer->draft;
    ir_name warm = ir_draft_cname(draft, "warm");
    ir_name own = ir_draft_cname(draft, "own");
    let(writer, nodes, warm,
        op(writer, IR_BIN_MIN, field(draft, writer, offsetof(struct scan_job, warm_size)),
           var(writer, begin)));
    let(writer, nodes, own,
        op(writer, IR_BIN_MIN, field(draft, writer, offsetof(struct scan_job, lane_size)),
           op(writer, IR_BIN_SUB, var(writer, writer->names.to), var(writer, begin))));
    let(writer, nodes, writer->names.low, field(draft, writer, offsetof(struct scan_job, low)));
    let(writer, nodes, writer->names.span, field(draft, writer, offsetof(struct scan_job, span)));
    let(writer, nodes, writer->names.from, field(draft, writer, offsetof(struct scan_job, from)));
    let(writer, nodes, writer->names.state, lit(writer, 0));
    if (writer->counting)
        let(writer, nodes, writer->names.total, lit(writer, 0));
    let(writer, nodes, writer->names.word,
        op(writer, IR_BIN_SHR, op(writer, IR_BIN_SUB, var(writer, begin), var(writer, warm)),
           lit(writer, 2)));
    walk_loop(writer, nodes, "i", op(writer, IR_BIN_SHR, var(writer, warm), lit(writer, 4)),
              shape->warm_blocks, false);
    walk_loop(writer, nodes, "j",
              op(writer, IR_BIN_SHR,
                 op(writer, IR_BIN_ADD, var(writer, own), lit(writer, SCAN_BLOCK - 1)),
                 lit(writer, 4)),
              shape->own_blocks, true);

    if (!writer->counting)
        return;
    struct ir_nodes then = { 0 };
    let(writer, &then, ir_draft_cname(draft, "before"),
        add_to_count(writer, var(writer, writer->names.total)));
    when(writer, nodes, op(writer, IR_BIN_NE, var(writer, writer->names.total), lit(writer, 0)),
         &then, NULL);
    ir_nodes_fini(&then);
}

uint32_t scan_shape_passes(const struct scan_shape *shape)
{
    return shape->warm_blocks + 1 + shape->own_blocks * (1 + SCAN_BLOCK + 1) + 1;
}

enum vyre_result scan_payload_create(const struct scan_shape *shape, struct vyre_program **out)
{
    *out = NULL;
    struct writer writer = { .counting = shape->counting };
    struct ir_draft *draft = &writer.draft;
    if (!ir_draft_init(draft)) {
        ir_draft_fini(draft);
        return VYRE_ERR_NO_MEMORY;
    }
    draft->program->workgroup[0] = SCAN_LANES;
    draft->program->workgroup[1] = 1;
    draft->program->workgroup[2] = 1;
    declare(&writer);

    ir_name begin = ir_draft_cname(draft, "begin");
    struct ir_nodes entry = { 0 };
    struct ir_nodes body = { 0 };
    struct ir_expr *skip = op(&writer, IR_BIN_MUL, ir_id(draft, IR_EXPR_LOCAL_ID, 0),
                              field(draft, &writer, offsetof(struct scan_job, lane_size)));
    let(&writer, &entry, begin,
        op(&writer, IR_BIN_ADD, field(draft, &writer, offsetof(struct scan_job, base)), skip));
    let(&writer, &entry, writer.names.to, field(draft, &writer, offsetof(struct scan_job, to)));
    lane(&writer, &body, shape, begin);
    when(&writer, &entry,
         op(&writer, IR_BIN_LT, var(&writer, begin), var(&writer, writer.names.to)), &body, NULL);
    struct ir_body taken = ir_nodes_take(draft, &entry);
    enum vyre_result result = ir_draft_finish(draft, taken, true, out);
    ir_nodes_fini(&body);
    ir_nodes_fini(&entry);
    return result;
}
