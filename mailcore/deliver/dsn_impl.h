/* Shared by dsn.c and dsn_text.c. */
#pragma once

#include "mailcore/deliver/dsn.h"

/* The part for people: UTF-8, lines end with LF. */
void dsn_add_text(struct arena *a, const struct dsn *d, struct str *out);
/* As far as DSN_RETURN_MAX; else its header only. */
bool dsn_returns_message(const struct dsn *d);
/* RFC 3461 §4: the text behind it, printable. False: it is none. */
bool xtext_decode(struct span text, struct str *out);
