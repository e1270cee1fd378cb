/*
 * SPF macros (RFC 7208 §7): checking their syntax, and expanding them. Pure.
 *
 * Limits: SPF_EXPANDED_MAX bytes of expanded text; a delimiter list has seven characters at most.
 * Linear in text and result.
 */
#pragma once

#include "mailcore/base/cur.h"
#include "mailcore/base/str.h"
#include "mailcore/net/addr.h"

#define SPF_EXPANDED_MAX 8192

/* macro-string = *( macro-expand / macro-literal ). The letters c, r and t are for explanations
 * only; these may hold spaces too. */
bool spf_macro_string_valid(struct span text, bool explanation);
/* domain-spec = macro-string ( "." toplabel [ "." ] / macro-expand ) */
bool spf_domain_spec_valid(struct span text);
/* Some macro in a valid text uses this letter (lower case). */
bool spf_macro_uses(struct span text, char letter);

struct spf_macro_values {
	struct addr ip;
	struct span local;  /* of the sender */
	struct span origin; /* its domain */
	struct span domain; /* that is being checked */
	struct span helo;
	struct span receiver;
	struct span validated; /* %{p} */
	int64_t now_s;
};

/* text is valid. Appends. */
void spf_macro_expand(const struct spf_macro_values *values, struct span text, struct str *out);
