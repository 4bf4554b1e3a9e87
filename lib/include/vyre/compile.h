// SPDX-License-Identifier: MIT
// Compilation of a program to a SPIR-V module for a target.
#ifndef VYRE_COMPILE_H
#define VYRE_COMPILE_H

#include <vyre/program.h>
#include <vyre/registry.h>
#include <vyre/transform.h>

VYRE_BEGIN

enum vyre_spirv_env {
    VYRE_ENV_VULKAN_1_1 = 0, // SPIR-V 1.3
    VYRE_ENV_VULKAN_1_2 = 1, // SPIR-V 1.5
    VYRE_ENV_VULKAN_1_3 = 2, // SPIR-V 1.6
};

enum vyre_memory_model {
    VYRE_MEMORY_GLSL450 = 0,
    VYRE_MEMORY_VULKAN = 1,
};

// What VK_KHR_shader_float_controls offers for 32-bit floats; bits of vyre_target.float_controls. A
// module asks for all that there is.
enum vyre_float_control {
    VYRE_FLOAT_ROUND_TO_EVEN = 1, // RoundingModeRTE
    VYRE_FLOAT_SPECIALS = 2,      // SignedZeroInfNanPreserve
    VYRE_FLOAT_SUBNORMALS = 4,    // DenormPreserve
};

// 32-bit float instructions that give the language's bits: rounded once, to nearest even, when
// their subnormal results are taken for zeros; bits of vyre_target.exact_floats. Vulkan promises
// none of them (docs/runtime.md, "Floats"), so a device sets those that a probe found right.
enum vyre_exact_float {
    VYRE_EXACT_ADD = 1, // and subtract
    VYRE_EXACT_MUL = 2,
    VYRE_EXACT_DIV = 4,
    VYRE_EXACT_SQRT = 8,
    VYRE_EXACT_FMA = 16,
    VYRE_EXACT_CONVERT = 32, // from 32-bit integers
    VYRE_EXACT_COMPARE = 64, // NaN and infinities included
    // Words that are chosen from constants, integers included: one may have the bits of -0 or -1.
    // What is missing here is hidden, too.
    VYRE_EXACT_SELECT = 128,
};

// What subgroups can do: named after VkSubgroupFeatureFlagBits, not numbered as they are; bits of
// vyre_target.subgroup_ops.
enum vyre_subgroup_op {
    VYRE_SUBGROUP_ARITHMETIC = 1,
    VYRE_SUBGROUP_BALLOT = 2,
    VYRE_SUBGROUP_SHUFFLE = 4,
    VYRE_SUBGROUP_CLUSTERED = 8,
    // Invocations that parted meet again where all of them go on
    // (VK_KHR_shader_subgroup_uniform_control_flow).
    VYRE_SUBGROUP_REUNITES = 16,
};

// Everything about a device that decides which code is right for it. The compiler looks nowhere
// else. Plain data: make it by hand, with vyre_target_default, or from a device's plan.
struct vyre_target {
    enum vyre_spirv_env env;
    enum vyre_memory_model memory_model;
    bool device_scope; // Vulkan memory model: Device scope may be used (else QueueFamily)
    bool int64;
    bool int16;
    bool int8;
    bool storage_16bit;
    bool storage_8bit;
    bool float16;
    bool float64;
    // As the driver chooses; 0: it has no subgroup instructions for compute shaders, or this is no
    // device's target. For people only: no code depends on it, subgroup operations included.
    uint32_t subgroup_size;
    // Width of the subgroups of which a pipeline can demand that all lanes exist, 32 or 64:
    // subgroup operations are then the device's instructions, where it has all of ARITHMETIC (or
    // CLUSTERED, for 64), BALLOT, SHUFFLE and REUNITES, in workgroups whose x is a multiple of this
    // width. In others, and with 0: lanes pass values through workgroup memory. See
    // docs/runtime.md, "Subgroups".
    uint32_t full_subgroup_size;
    uint32_t subgroup_ops;              // enum vyre_subgroup_op
    uint32_t max_workgroup_size[3];     // invocations per axis
    uint32_t max_workgroup_invocations; // product of the axes
    uint32_t max_workgroup_memory;      // bytes
    uint32_t max_storage_buffers;       // per stage
    uint64_t max_storage_range;         // bytes of one binding
    uint32_t max_push_bytes;
    // Passes through all loops of one invocation after which the driver ends its loops silently
    // (Mesa 22.3's CPU driver: 65535). 0: no such limit. See docs/runtime.md, "Loop limit".
    uint32_t loop_limit;
    // The driver takes the memory ordering of an atomic for a barrier of the workgroup, and goes
    // wrong where not all invocations pass it (Mesa 22.3's CPU driver). Atomics are then relaxed
    // for Vulkan; loads and stores that acquire or release become read-modify-writes, which that
    // driver makes sequentially consistent. See docs/runtime.md, "Fences".
    bool fence_is_barrier;
    // Invocations side by side along x that the driver runs as one, and of the last of which in a
    // row it runs those beyond the workgroup too, with loads that give 0 (Mesa's CPU driver: 8).
    // Where the workgroup's x is no multiple of it, these leave before anything else. 0: a driver
    // that runs no others than the workgroup's. See docs/runtime.md, "Invocations beyond".
    uint32_t vector_width;
    // Branches around each other beyond which the driver silently takes both sides of one (Mesa's
    // CPU driver: 80). What follows a branch with a return is such a branch for it, too. Modules
    // that may nest deeper are refused (L025). 0: no such limit. See docs/runtime.md, "Nesting".
    uint32_t nesting_limit;
    uint32_t float_controls; // enum vyre_float_control
    uint32_t exact_floats;   // enum vyre_exact_float; what is missing is computed with integers
    // Those of exact_floats that are right for operands only of which the driver knows nothing: no
    // constant may be one. The compiler hides what operands are where it matters.
    uint32_t hidden_floats; // enum vyre_exact_float
};

// What f32 operations give (docs/ir.md, "Floats on a device").
enum vyre_float_mode {
    // The interpreter's bits for everything but sin, cos, tan, asin, acos, atan, sinh, cosh, tanh,
    // exp, exp2, log and log2; those within 128 units in the last place.
    VYRE_FLOAT_STRICT = 0,
    // The interpreter's bits for those too. sin, cos, tan, asin and exp2 need a target with
    // float64.
    VYRE_FLOAT_EXACT = 1,
    // Whatever the driver's instructions give.
    VYRE_FLOAT_FAST = 2,
};

// The portable target: what every Vulkan 1.1 device with the core limits can run.
// Thread-safety: Safe.
VYRE_API void vyre_target_default(struct vyre_target *out);

// Targets that many devices share: "portable", which is the default, and what later versions and
// profiles of Vulkan promise (docs/runtime.md, "Targets"). Strings are static.
struct vyre_target_info {
    const char *name;
    const char *text; // which devices these are
    struct vyre_target target;
};

// Number `index` of them. VYRE_ERR_INVALID_ARGUMENT: there are no more.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_target_describe(size_t index,
                                                             struct vyre_target_info *out);

// The one of that name. VYRE_ERR_INVALID_ARGUMENT: there is none.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_target_named(const char *name,
                                                          struct vyre_target *out);

// SPIR-V for one target, with what a runtime must know to bind it. Immutable.
// Thread-safety: any number of threads may use one module at once.
struct vyre_module;

// The loop budget of one invocation, in passes: each iteration of a loop is one, and so is finding
// that a loop is over. Loops that the compiler can prove to stay within it run without a check. The
// others count down together, in a program with barriers those that the whole workgroup runs alike
// apart from the rest, and when the budget is spent the dispatch fails with VYRE_FAULT_LOOP_LIMIT.
// A smaller limit of the target takes its place.
//
// It bounds work, and time only as far as one pass is bounded. At 1 to 10 ns, which arithmetic and
// cached loads take on a GPU, the default ends an endless loop after 17 to 170 ms, and watchdogs
// (the tightest: 2 s) never see it. A pass that waits for memory takes 0.2 to 0.8 us: then the
// default lasts 3 to 13 s, and a watchdog may end the device first. The default does not go lower
// because one long loop is legitimate: 2^24 is a hash over 16 MB by one invocation. Where a program
// is not trusted to end, 2^20 keeps such loops below a second; where one invocation has more to do
// than the default, raise it and know how long it takes.
#define VYRE_DEFAULT_LOOP_BUDGET (UINT32_C(1) << 24)

enum vyre_check_kind {
    VYRE_CHECK_LOAD = 0,   // is the element inside its buffer?
    VYRE_CHECK_STORE = 1,  // likewise
    VYRE_CHECK_ATOMIC = 2, // likewise, atomic loads and stores included
    VYRE_CHECK_LOOP = 3,   // is anything left of the loop budget?
};

// An access or a loop of the program, and whether the module checks it when it runs. Everything is
// borrowed for the callback.
struct vyre_check {
    enum vyre_check_kind kind;
    bool removed;
    const char *name;      // the buffer, or the variable of the loop
    uint32_t line, column; // of the access, or of the loop; 0 for a program that is no text
    const char *path;      // then of its statement, such as "entry[0].body[2]"; NULL: not known
    // In words: what shows that no check is needed, or why there is one. Made from the certificate
    // that was verified, or could be. Wording may change at any time.
    const char *reason;
};

struct vyre_check_hook {
    void (*check)(void *user, const struct vyre_check *check);
    void *user;
};

struct vyre_compile_params {
    const struct vyre_target *target; // NULL: vyre_target_default
    bool no_optimize;                 // keep what the program says, word for word
    // OpName for buffers, locals and functions; for a program that was parsed from text also
    // OpLine, under the name that the text was given (OpString).
    bool debug_info;
    uint32_t loop_budget; // 0: VYRE_DEFAULT_LOOP_BUDGET
    enum vyre_float_mode float_mode;
    // Calls are checked against it, and the bodies of ops take their place; an op without one, or
    // that needs a capability which the caller does not name here, is refused, with what it lacks
    // (L016, L017). NULL: none.
    const struct vyre_registry *registry;
    const char *const *capabilities; // of the runtime that dispatches the module
    size_t capability_count;
    // Told the program after each pass: after calls were inlined, the parts between barriers of the
    // grid (which make programs that have some too many for one module: L007), and after each pass
    // of the default pipeline; not with `no_optimize`. May be NULL.
    const struct vyre_pass_hook *hook;
    // Told, in the order of the module, about every check; of the program after the passes, so an
    // access that they made one of another is told once. Takes time. May be NULL.
    const struct vyre_check_hook *explain;
    const struct vyre_diag_sink *diag;
};

#define vyre_compile_params(...) (&(const struct vyre_compile_params){ __VA_ARGS__ })

// Validates the program, runs the default passes of vyre/transform.h unless told not to, and lowers
// what they leave. Same program, target and options give the same bytes. Passes do not decide
// whether a program compiles; diagnostics and faults speak of the program that was given.
//
// Returns VYRE_ERR_INVALID_PROGRAM, VYRE_ERR_UNSUPPORTED (codes L0nn: what this version or this
// target cannot express, and what would provide it) or VYRE_ERR_LIMIT.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_compile(const struct vyre_program *program,
                                                     const struct vyre_compile_params *params,
                                                     struct vyre_module **out);

// SPIR-V words in host byte order. Thread-safety: Safe. Lifetime: borrowed from the module.
VYRE_API const uint32_t *vyre_module_words(const struct vyre_module *module, size_t *count);

// One storage buffer binding of descriptor set 0.
struct vyre_module_binding {
    uint32_t binding; // in set 0
    uint32_t buffer;  // index in the program's declaration order
    uint32_t stride;  // bytes from one element to the next
    bool writable;
};

// A push constant that the host computes from lengths: floor(byte length of a binding / divisor),
// or the smallest of several such quotients, which are then entries with the same word.
struct vyre_module_term {
    uint32_t word; // of the push constants
    uint32_t binding;
    uint32_t divisor; // not 0
};

// A module has at most this many words that the host computes.
#define VYRE_MODULE_MOST_DERIVED 8

struct vyre_module_info {
    uint32_t workgroup_size[3];
    uint32_t workgroup_memory;                  // bytes
    const struct vyre_module_binding *bindings; // borrowed from the module
    size_t binding_count;
    // Behind each binding the host provides at least 4 bytes, and the declared count of elements
    // where the program declares one; a pushed length may be smaller than 4 bytes.
    //
    // Push constants are u32 words: first the byte length of each entry of `bindings`, in that
    // order, then `param_count` launch parameters, then `derived_count` words that follow from the
    // lengths as `terms` say; vyre_module_derive computes them.
    uint32_t param_count;
    uint32_t derived_count;
    const struct vyre_module_term *terms; // borrowed from the module; in the order of their words
    size_t term_count;
    uint32_t push_bytes; // 4 * (binding_count + param_count + derived_count)
    // The pipeline has to demand full subgroups of this size
    // (VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT, and the size itself on a device
    // that has several). 0: any will do.
    uint32_t subgroup_size;
    // Binding of the fault record, 4 u32 words that the host zeroes before the launch: kind (enum
    // vyre_fault_kind), two details, and the number of the workgroup in this launch, x fastest.
    // The first invocation that faults writes it. UINT32_MAX when the module cannot fault.
    uint32_t fault_binding;
};

// Word 0 of a fault record, and what the details are.
enum vyre_fault_kind {
    VYRE_FAULT_NONE = 0,
    VYRE_FAULT_TRAP = 1,       // the trap's address; number of the trap in program order
    VYRE_FAULT_LOOP_LIMIT = 2, // number of the loop in program order; its counter when it ended
    VYRE_FAULT_COPY_LIMIT = 3, // number of the asynchronous copy in program order; words it made
    VYRE_FAULT_UNDEFINED = 4,  // number of a statement that the language gives no meaning; 0
    VYRE_FAULT_CONTENTION = 5, // an atomic never came through, others being faster; its index, 0
};

// Thread-safety: Safe.
VYRE_API void vyre_module_reflect(const struct vyre_module *module, struct vyre_module_info *out);

// Completes a block of push constants in which the byte lengths are: sets its last `derived_count`
// words. Thread-safety: Safe.
VYRE_API void vyre_module_derive(const struct vyre_module_info *info, uint32_t *push);

VYRE_API void vyre_module_destroy(struct vyre_module **module);

VYRE_END

#endif // VYRE_COMPILE_H
