/*
 * Domain names as the methods of mail authentication compare and ask for them: A-labels, lower
 * case, no final dot (RFC 8616).
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define DOMAIN_NAME_MAX 253

/* False: no domain name (empty labels, labels above 63, longer than 253 bytes, or Unicode that is
 * no IDNA 2008 name, white space, control characters). One label is enough. Other characters are
 * not judged. Memory: the arena. */
bool domain_name_ascii(struct arena *a, struct span text, struct span *out);
/* `name` is `parent` or below it; both as above. */
bool domain_name_is_below(struct span name, struct span parent);
size_t domain_name_labels(struct span name);
/* The name's last n labels; all of it when it has fewer. */
struct span domain_name_last(struct span name, size_t n);
