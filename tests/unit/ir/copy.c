// SPDX-License-Identifier: MIT
// The hooks of a deep copy: renaming, replacing expressions, adding and dropping statements.
#include "test.h"

#include "base/memory.h"
#include "ir/copy.h"
#include "ir/equal.h"

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), NULL, test_diag_sink(&diags), &program) != VYRE_OK)
        fail_msg("%s", diags.text);
    return program;
}

static const char source[] = "let a = in[gid.x] + gid.y\n"
                             "loop i in 0..len(in) {\n"
                             "    out[i] = a\n"
                             "    if a { return } else { barrier }\n"
                             "    a = call \"f\"(atomic_add(out[i], 1), opaque(\"k\", \"00\"))\n"
                             "}\n"
                             "region \"g\" from \"s\" { trap(a, \"t\") }\n"
                             "async_load(in, out, 0, 4, \"t\")\n"
                             "let p = uniform_load(in[0]) + param(2)\n"
                             "atomic_store.relaxed(out[0], 1)\n";

// Every name gets a letter that says what it stands for; ids become names; returns vanish; every
// store is followed by a barrier.
static const char wanted[] =
    "let La = Bin[Lvx] + Lvy\n"
    "loop Li in 0..len(Bin) {\n"
    "    Bout[Li] = La\n"
    "    barrier relaxed\n"
    "    if La { } else { barrier }\n"
    "    La = call \"Of\"(atomic_add(Bout[Li], 1), opaque(\"Kk\", \"00\"))\n"
    "}\n"
    "region \"Gg\" from \"Gs\" { trap(La, \"Tt\") }\n"
    "async_load(Bin, Bout, 0, 4, \"Tt\")\n"
    "let Lp = uniform_load(Bin[0]) + param(2)\n"
    "atomic_store.relaxed(Bout[0], 1)\n";

static ir_name rename_hook(void *user, enum ir_name_use use, ir_name name)
{
    const struct ir_copy *copy = user;
    struct ir_text text = ir_name_text(copy->from, name);
    char renamed[32];
    int size = snprintf(renamed, sizeof renamed, "%c%s", "LBOTGK"[use], text.text);
    if (strcmp(text.text, "vyre.program.root") == 0)
        return ir_draft_name(copy->draft, text.text, text.size);
    return ir_draft_name(copy->draft, renamed, (size_t)size);
}

static struct ir_expr *expr_hook(void *user, const struct ir_expr *original, struct ir_expr *made)
{
    const struct ir_copy *copy = user;
    if (original->kind != IR_EXPR_INVOCATION_ID)
        return made;
    return ir_var(copy->draft, ir_draft_cname(copy->draft, original->op ? "Lvy" : "Lvx"));
}

static void node_hook(void *user, struct ir_nodes *out, const struct ir_node *original,
                      struct ir_node *made)
{
    const struct ir_copy *copy = user;
    if (original->kind == IR_NODE_RETURN)
        return;
    ir_nodes_add(copy->draft, out, made);
    if (original->kind == IR_NODE_STORE)
        ir_nodes_add(copy->draft, out, ir_barrier(copy->draft, IR_ORDER_RELAXED));
}

static enum vyre_result transform(const struct vyre_program *from, struct vyre_program **out)
{
    struct ir_draft draft;
    ir_draft_init(&draft);
    struct ir_copy copy = {
        .draft = &draft,
        .from = from,
        .name = rename_hook,
        .expr = expr_hook,
        .node = node_hook,
    };
    copy.user = &copy;
    return ir_draft_finish(&draft, ir_copy_body(&copy, from->entry), false, out);
}

static void hooks_see_every_name_expression_and_statement(void **state)
{
    (void)state;
    struct vyre_program *from = parse(source);
    struct vyre_program *to = parse(wanted);
    struct vyre_program *made;
    assert_result(VYRE_OK, transform(from, &made));
    if (!ir_program_equal(made, to)) {
        char *text;
        assert_result(VYRE_OK, vyre_program_print(made, &text, NULL));
        fail_msg("made:\n%s", text);
    }
    vyre_program_destroy(&from);
    vyre_program_destroy(&to);
    vyre_program_destroy(&made);
}

static void any_failing_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    struct vyre_program *from = parse(source);
    struct vyre_program *made;
    memory_fail_nth(0);
    assert_result(VYRE_OK, transform(from, &made));
    vyre_program_destroy(&made);
    uint64_t total = memory_fail_nth(0);
    for (uint64_t nth = 1; nth <= total; nth++) {
        memory_fail_nth(nth);
        assert_result(VYRE_ERR_NO_MEMORY, transform(from, &made));
        assert_null(made);
    }
    memory_fail_nth(0);
    vyre_program_destroy(&from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks_see_every_name_expression_and_statement),
        cmocka_unit_test(any_failing_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
