/* Roles of folders and their IMAP attributes (RFC 6154). */
#pragma once

#include "mailcore/base/cur.h"

/* "\Sent"; NULL for a role that has none (INBOX). */
const char *special_use_of(struct span role);
/* use-attr = "\Sent" / ... ; *out_role is the store's word. */
bool special_use_take(struct cur *in, struct span *out_role);
