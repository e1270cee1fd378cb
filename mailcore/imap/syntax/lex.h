/*
 * Tokens of IMAP commands (RFC 9051 §9) over one whole command: its lines with literals inside,
 * without the last CRLF.
 *
 * Pure. A function that fails leaves the cursor where it was. Text is borrowed from the command,
 * or lies in the arena when a quoted string had escapes in it. Linear.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"

bool lex_sp(struct cur *in);
/* tag = 1*<any ASTRING-CHAR except "+"> */
bool lex_tag(struct cur *in, struct span *out);
/* atom = 1*ATOM-CHAR */
bool lex_atom(struct cur *in, struct span *out);
/* An atom that is this word, in any case; not a longer one. */
bool lex_word(struct cur *in, const char *word);
/* The same for a word that ends where something else than a letter, digit, '.' or '-' follows:
 * "BODY" of "BODY[1]". */
bool lex_name(struct cur *in, struct span *out);
/* string = quoted / literal; no NUL. literal8 is only for APPEND, which streams it */
bool lex_string(struct cur *in, struct arena *a, struct span *out);
/* astring = 1*ASTRING-CHAR / string */
bool lex_astring(struct cur *in, struct arena *a, struct span *out);
/* nstring = string / "NIL"; NIL gives ptr == NULL */
bool lex_nstring(struct cur *in, struct arena *a, struct span *out);
/* list-mailbox = 1*list-char / string */
bool lex_list_mailbox(struct cur *in, struct arena *a, struct span *out);
/* number, nz-number, number64: no sign, no white space */
bool lex_u32(struct cur *in, uint32_t *out);
bool lex_u64(struct cur *in, uint64_t *out);
/* base64 = the characters of base64, at least none */
struct span lex_base64(struct cur *in);

bool lex_is_atom_char(char c);
