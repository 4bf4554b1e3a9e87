// SPDX-License-Identifier: MIT
// What the parser advises: words that people bring along from other languages, and the word that
// somebody probably meant.
#include "text.h"

#include <stdio.h>
#include <string.h>

const char *ir_text_statement_advice(const struct text_parser *parser,
                                     const struct text_token *word)
{
    static const char made_by_let[] = "names are made by let, with the type of their value: "
                                      "let x = 0 is a u32, 0i an i32, 0.0 an f32";
    static const char no_functions[] = "there are no functions and no main: the statements of a "
                                       "program stand at its top, and every invocation runs them";
    static const struct {
        const char *word;
        const char *fix;
    } known[] = {
        { "for", "loops count over a range: loop i in 0..n { }" },
        { "while", "loops count over a range: loop i in 0..n { }; leave the program with return" },
        { "var", made_by_let },
        { "const", made_by_let },
        { "auto", made_by_let },
        { "int", made_by_let },
        { "uint", made_by_let },
        { "float", made_by_let },
        { "fn", no_functions },
        { "void", no_functions },
        { "kernel", no_functions },
        { "func", no_functions },
        { "def", no_functions },
        { "else", "else stands behind the } of its if" },
        { "break", "there is no break: put the rest of the loop's body into an if" },
        { "continue", "there is no continue: put the rest of the loop's body into an if" },
        { "switch", "there is no switch: write if { } else if { }" },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (ir_text_token_is(parser, word, known[i].word))
            return known[i].fix;
    return NULL;
}

enum { LONGEST_WORD = 31 };

// How many characters must be put in, taken out or replaced to get from one word to the other.
static unsigned distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    unsigned row[LONGEST_WORD + 1];
    for (size_t j = 0; j <= b_size; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);
            unsigned shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[b_size];
}

const char *ir_text_nearest(const char *word, size_t size, const char *(*candidate)(size_t index))
{
    const char *nearest = NULL;
    unsigned best = size < 4 ? 1 : 2; // more would be another word
    if (size > LONGEST_WORD)
        return NULL;
    const char *other;
    for (size_t i = 0; (other = candidate(i)) != NULL; i++) {
        size_t other_size = strlen(other);
        unsigned here =
            other_size > LONGEST_WORD ? best + 1 : distance(word, size, other, other_size);
        if (here < best || (here == best && !nearest)) {
            best = here;
            nearest = other;
        }
    }
    return nearest;
}

const char *ir_text_word_fix(const struct text_parser *parser, const struct text_token *word,
                             const char *(*candidate)(size_t index), const char *known,
                             char out[TEXT_MOST_FIX])
{
    const char *nearest = ir_text_nearest(parser->text + word->start, word->size, candidate);
    snprintf(out, TEXT_MOST_FIX, "%s%s%s%s", nearest ? "did you mean " : "", nearest ? nearest : "",
             nearest ? "? " : "", known);
    return out;
}
