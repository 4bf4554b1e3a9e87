// SPDX-License-Identifier: MIT
// One lowering in progress, shared by the files that lower statements, expressions, operators and
// memory. Everything here lives for one call of spv_lower.
//
// Every value is one to four 32-bit words of the unsigned SPIR-V type; its kind says how operators
// read them. That is what the language does too: some operators are u32 for the validator and give
// an i32 at run time (spec: ir.md, 7.2), and only the run-time kind decides what a later operator
// does. A float is the word of its bits, so that nothing on its way can flush or quieten it.
#ifndef SPV_LOWERING_H
#define SPV_LOWERING_H

#include "alive.h"
#include "base/report.h"
#include "copies.h"
#include "explain.h"
#include "flow.h"
#include "interface.h"
#include "ir/model.h"
#include "library.h"
#include "memory.h"
#include "spirv/lower.h"
#include "writer.h"

// Kinds of run-time values (spec: semantics.md, 2.1). A float that came from an f64 buffer has a
// kind of its own here, because it takes two words.
enum spv_kind {
    SPV_U32,
    SPV_I32,
    SPV_BOOL,  // one id of the SPIR-V type bool
    SPV_F32,   // canonical (spec: semantics.md, 2.6)
    SPV_U64,   // low word first
    SPV_F64,   // likewise
    SPV_BYTES, // elements of types without arithmetic; zeros fill the last word
};

enum { SPV_MOST_WORDS = 4 };

struct spv_value {
    uint32_t id;                       // of the first word
    uint32_t more[SPV_MOST_WORDS - 1]; // of the others
    uint8_t kind;                      // enum spv_kind
    uint8_t size;                      // bytes, of SPV_BYTES
};

// A value of one word, or a condition.
static inline struct spv_value spv_value_of(uint32_t id, enum spv_kind kind)
{
    return (struct spv_value){ .id = id, .kind = (uint8_t)kind };
}

// A live local.
struct spv_binding {
    struct spv_value value; // what it holds where the program stands
    bool is_live;
    bool is_assigned;    // some statement assigns it; then it is never SPV_BOOL
    uint32_t most;       // what a loop's counter is at most; 0: not known
    uint32_t depth;      // branches around the statement that binds it
    uint32_t changed_in; // serial number of the innermost open branch that is known to change it
    uint32_t merged_in;  // of the last merge that made something of it
};

// What a scope has to put back when it ends.
struct spv_undo {
    ir_name name;
    struct spv_binding before;
};

// What a branch changed: what the local held before, and behind the first of two branches.
struct spv_change {
    ir_name name;
    uint32_t changed_in; // of the binding, before
    struct spv_value before, then;
};

// A local that a loop assigns.
struct spv_loop_phi {
    ir_name name;
    struct spv_value value;
    size_t end; // of its phis, in SPV_BODY
};

struct spv_buffer {
    uint32_t variable; // 0: not used yet
    uint32_t binding;  // in set 0; UINT32_MAX for workgroup memory
    uint32_t length;   // id of the number of elements that can be accessed; 0: not needed yet
    uint32_t last;     // id of the largest word a clamped load may use; 0: not needed yet
    uint32_t stride;   // bytes from one element to the next; 0: elements cannot be accessed
    uint32_t words;    // of workgroup memory
    uint32_t unit;     // bytes that memory is an array of: 4, or 1 or 2 where the device has those
    bool non_private;  // accesses take part in communication
    bool shared_words; // elements of several invocations may share a word that somebody writes
};

// A pointer that was made, to be used again.
struct spv_pointer {
    uint32_t buffer, index, id;
};

enum { SPV_NUMBERS = 8 };
enum { SPV_DEEPEST_PATH = 72 };
enum spv_list { SPV_LIST_ENTRY, SPV_LIST_BODY, SPV_LIST_THEN, SPV_LIST_OTHERWISE };

struct spv_lowering {
    const struct vyre_program *program;
    const struct vyre_target *target;
    const struct vyre_diag_sink *diag;
    bool no_optimize;
    bool debug_info;
    const struct vyre_registry *registry; // NULL: none
    const char *const *capabilities;
    size_t capability_count;
    uint32_t loop_budget; // as in vyre_compile_params
    enum vyre_float_mode float_mode;
    const struct spv_recheck *recheck; // NULL: what is proven is not checked
    struct spv_facts facts;
    struct spv_flow flow;
    struct spv_copies copies;
    struct spv_writer writer;
    enum vyre_result status; // the first refusal

    struct arena arena;         // of everything here but the writer's and the library's
    struct spv_binding *locals; // one per name
    struct {
        ARRAY(struct spv_undo);
    } undo;
    struct {
        uint32_t depth;   // open branches
        uint32_t current; // serial number of the innermost one, 0: none
        uint32_t last;    // serial number that was given
    } arms;
    struct {
        ARRAY(struct spv_change);
    } changes; // by the open branches
    struct {
        ARRAY(struct spv_loop_phi);
    } phis; // of the open loops
    struct {
        ARRAY(struct spv_pointer);
    } pointers; // to words of buffers, where the program stands; the last ones are looked at
    struct spv_buffer *buffers; // one per declared buffer
    struct spv_words interface; // ids of global variables
    bool at_end;                // nothing follows the current statement
    bool shares_buffers;        // some of them are not private; see struct spv_buffer
    uint32_t next_loop;
    uint32_t next_trap;
    uint32_t next_exit;
    uint32_t next_copy;
    uint32_t next_undefined;
    uint32_t *open_copies; // by tag: number of the copy plus 1; 0: none
    bool mixed_flow;       // part of a workgroup may pass where the program stands
    uint32_t *passed;      // SPV_MOST_WORDS variables per name, 0: none; see subgroup.c
    uint32_t lanes;        // see struct spv_trial
    uint32_t subgroup_ops; // enum vyre_subgroup_op, whose capabilities are declared
    uint32_t exchange;     // workgroup variable of subgroup operations; 0: not used yet
    bool passes;           // within a value that a subgroup operation passes to other lanes
    uint32_t outside[2];   // variables, used for a recheck: first access outside; buffer + 1, index
    uint32_t alive;        // variable, 0 once the invocation is dead; 0: not used yet
    bool maybe_dead;       // whether a dead invocation may come to where the program stands

    const struct vyre_check_hook *explain; // NULL: nobody asks
    struct spv_checks checks;              // for `explain`
    struct ir_pos here;                    // of the statement, the last one that has a position

    // Where the program stands, for diagnostics: the index of the current node in each enclosing
    // list, and which list of its parent that is.
    uint32_t path_index[SPV_DEEPEST_PATH];
    uint8_t path_list[SPV_DEEPEST_PATH]; // enum spv_list
    uint32_t path_depth;

    struct spv_library library; // what of the value library the module needs

    enum spv_section at; // where instructions go: SPV_BODY or SPV_PROLOGUE
    uint32_t block;      // label of the current block
    uint32_t glsl;       // extended instruction set; 0: not imported yet
    uint32_t type_void, type_bool, type_u32, type_workgroup_pointer;
    uint32_t type_local_pointer, type_wide; // { low, high } of a product
    uint32_t type_pair;                     // vector of two words; 0: not used yet
    uint32_t type_f32;                      // 0: not used yet
    struct {
        uint32_t number, bits;
    } numbers[SPV_NUMBERS]; // the last floats whose bits were taken, in turn
    uint32_t next_number;
    uint32_t hidden_zero, hidden_variable; // see numbers.h; 0: not used yet
    bool has_float64;                      // the capability is declared
    bool has_int64;                        // likewise
    // Pointers to the block of a storage buffer, and to one of its units, by their bytes.
    uint32_t type_buffer[5], type_unit_pointer[5];
    uint32_t main;
    uint32_t push;              // push constant variable, declared at the end; 0: not used yet
    uint32_t push_type;         // of the block in it
    uint32_t push_block;        // the block as it was loaded
    uint32_t push_words;        // without derived ones, which come behind
    uint32_t *push_values;      // id of each loaded word, 0: not loaded yet
    struct spv_words push_used; // the words that are loaded, members of the block
    uint32_t derived_count;
    struct {
        ARRAY(struct vyre_module_term);
    } terms;
    uint32_t fault; // fault record variable; 0: not used yet
    uint32_t built_in[SPV_BUILT_INS];
    uint32_t built_in_part[SPV_BUILT_INS][3];
    uint32_t budget[2]; // variables: mixed and uniform loops; 0: not used yet
    uint32_t binding_count;
};

// ---- Refusing (lower.c) -----------------------------------------------------------------------

// Refuses the program once: the first call reports, later ones do nothing.
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void spv_refuse(struct spv_lowering *lowering, enum vyre_result result, enum diag_code code,
                const struct ir_pos *pos, const char *format, ...);

// VYRE_ERR_UNSUPPORTED, with a fix of its own.
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void spv_refuse_fix(struct spv_lowering *lowering, enum diag_code code, const struct ir_pos *pos,
                    const char *fix, const char *format, ...);

// Validates, and replaces calls of ops that have bodies. *out is the program to lower, NULL for
// `program` itself (calls.c).
enum vyre_result spv_prepare(const struct vyre_program *program,
                             const struct vyre_compile_params *params, struct vyre_program **out);

// Says why this call of an op is not compiled, and what would do it (calls.c).
void spv_refuse_call(struct spv_lowering *lowering, const struct ir_expr *call);

// The same for a type that is not compiled: "`what` TYPE is not compiled yet".
void spv_refuse_type(struct spv_lowering *lowering, const struct ir_type *type,
                     const struct ir_pos *pos, const char *what);

// ---- Instructions (build.c) -------------------------------------------------------------------

uint32_t spv_u32(struct spv_lowering *lowering, uint32_t value); // constants
uint32_t spv_bool(struct spv_lowering *lowering, bool value);
uint32_t spv_op1(struct spv_lowering *lowering, SpvOp op, uint32_t type, uint32_t a);
uint32_t spv_op2(struct spv_lowering *lowering, SpvOp op, uint32_t type, uint32_t a, uint32_t b);
uint32_t spv_word2(struct spv_lowering *lowering, SpvOp op, uint32_t a, uint32_t b); // u32 result
uint32_t spv_test2(struct spv_lowering *lowering, SpvOp op, uint32_t a, uint32_t b); // bool result
uint32_t spv_choose(struct spv_lowering *lowering, uint32_t type, uint32_t cond, uint32_t yes,
                    uint32_t no);
uint32_t spv_glsl(struct spv_lowering *lowering); // the extended instruction set
uint32_t spv_glsl1(struct spv_lowering *lowering, enum GLSLstd450 op, uint32_t a);
uint32_t spv_glsl2(struct spv_lowering *lowering, enum GLSLstd450 op, uint32_t a, uint32_t b);

// Names, when debug information is wanted. A value gets one when an instruction was made for it:
// constants, ids and other locals have names of their own, or none.
void spv_name(struct spv_lowering *lowering, uint32_t id, ir_name name);
void spv_name_text(struct spv_lowering *lowering, uint32_t id, const char *text, size_t size);
void spv_call_it(struct spv_lowering *lowering, uint32_t id, const char *name);
void spv_name_value(struct spv_lowering *lowering, struct spv_value value, ir_name name);

// A function of the value library (library.h) on words and pairs. spv_call2 and spv_call3 are for
// words alone.
uint32_t spv_call(struct spv_lowering *lowering, const char *name, uint32_t type,
                  const uint32_t *operands, size_t count);
uint32_t spv_call1(struct spv_lowering *lowering, const char *name, uint32_t a);
uint32_t spv_call2(struct spv_lowering *lowering, const char *name, uint32_t a, uint32_t b);
uint32_t spv_call3(struct spv_lowering *lowering, const char *name, uint32_t a, uint32_t b,
                   uint32_t c);

// What locals have become in the branches of an if (locals.c).
struct spv_arms {
    uint32_t around;                          // serial number
    uint32_t header, then_end, otherwise_end; // labels; 0: no way leads from there
    size_t first, otherwise;                  // where the changes of the branches begin
};

// Blocks. An if is begun, then its branch is lowered, then it is ended or goes on with the other
// branch. `spv_start_block` makes `label` the current block.
struct spv_if {
    uint32_t otherwise; // 0: none
    uint32_t merge;
    size_t pointers; // what was there before
    struct spv_arms arms;
};
void spv_start_block(struct spv_lowering *lowering, uint32_t label);
void spv_branch(struct spv_lowering *lowering, uint32_t label);
struct spv_if spv_if_begin(struct spv_lowering *lowering, uint32_t cond, bool has_otherwise);
void spv_if_otherwise(struct spv_lowering *lowering, struct spv_if *branch);
void spv_if_end(struct spv_lowering *lowering, struct spv_if *branch);

// ---- Loops (loops.c) ----------------------------------------------------------------------------

// A loop over `counter` from `from` while it is below `to`.
struct spv_loop {
    uint32_t from, to; // ids
    uint32_t step;     // what the counter grows by
    bool guarded; // pays `charge` from a budget before each iteration; `fault` when it is spent
    bool uniform; // the whole workgroup runs it alike
    uint32_t charge;
    bool for_alive; // the dead do not enter it, or leave it
    enum vyre_fault_kind fault;
    uint32_t number;                     // first detail of the fault; the counter is the second
    size_t first_assigned, assigned_end; // what it assigns, as in struct spv_loop_facts
    // Results. `running` tells in the header whether the loop's own condition holds.
    uint32_t counter, running;
    uint32_t header, body, next_block, merge, next;
    size_t entered;  // where the body begins in SPV_BODY, behind its label
    size_t pointers; // as in struct spv_if
    size_t first_phi;
    bool dead_before;
};
void spv_loop_begin(struct spv_lowering *lowering, struct spv_loop *loop);
void spv_loop_end(struct spv_lowering *lowering, const struct spv_loop *loop);

// ---- Values (values.c) ------------------------------------------------------------------------

extern const char *const spv_kind_names[];

// Number of words, and each of them.
uint32_t spv_word_count(struct spv_value value);
uint32_t spv_value_word(struct spv_value value, uint32_t at);
void spv_set_word(struct spv_value *value, uint32_t at, uint32_t id);

// A value where a u32 is wanted, or where a condition is (spec: semantics.md, 2.2). What has no u32
// value is an error in the interpreter; here it is the nearest one, and an i32 is its bits.
uint32_t spv_as_word(struct spv_lowering *lowering, struct spv_value value);
uint32_t spv_as_bool(struct spv_lowering *lowering, struct spv_value value);

// The bytes of a value as words, zeros behind them (spec: semantics.md, 2.3).
void spv_to_words(struct spv_lowering *lowering, struct spv_value value,
                  uint32_t words[SPV_MOST_WORDS]);

// A value as phis and selects hold it: a condition becomes the word 0 or 1.
struct spv_value spv_hold(struct spv_lowering *lowering, struct spv_value value);

// Brings two held values to one kind, where an f32 meets an f64. False: they have none in common.
bool spv_unify(struct spv_lowering *lowering, struct spv_value *a, struct spv_value *b);

// Two words as a pair, and back.
uint32_t spv_pair_type(struct spv_lowering *lowering);
uint32_t spv_pair(struct spv_lowering *lowering, struct spv_value value);
struct spv_value spv_from_pair(struct spv_lowering *lowering, uint32_t pair, enum spv_kind kind);

// ---- Subgroups (subgroup.c) --------------------------------------------------------------------

struct spv_value spv_subgroup(struct spv_lowering *lowering, const struct ir_expr *expr);
uint32_t spv_lane(struct spv_lowering *lowering); // of the invocation in its subgroup

// Notes the value that a local gets, for lanes that die, and finds it in a value that is passed.
// `spv_passed_local` returns whether it has one.
void spv_note_passed(struct spv_lowering *lowering, ir_name name, struct spv_value value);
bool spv_passed_local(struct spv_lowering *lowering, ir_name name, struct spv_value *value);

// ---- The language -----------------------------------------------------------------------------

// The declaration index of a buffer; refuses the program and gives UINT32_MAX when there is none.
uint32_t spv_find_buffer(struct spv_lowering *lowering, ir_name name, const struct ir_pos *pos);

struct spv_value spv_expr(struct spv_lowering *lowering, const struct ir_expr *expr);
struct spv_value spv_binary(struct spv_lowering *lowering, const struct ir_expr *expr,
                            struct spv_value left, struct spv_value right);
struct spv_value spv_unary(struct spv_lowering *lowering, const struct ir_expr *expr,
                           struct spv_value operand);
struct spv_value spv_select(struct spv_lowering *lowering, const struct ir_expr *expr,
                            struct spv_value cond, struct spv_value yes, struct spv_value no);
struct spv_value spv_cast(struct spv_lowering *lowering, const struct ir_expr *expr,
                          struct spv_value value);
void spv_body(struct spv_lowering *lowering, const struct ir_body *body, enum spv_list list);

#endif // SPV_LOWERING_H
