/* What the mail with the link to a new password says. Pure. */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

struct reset_text {
	struct span subject, text;
};
/* language: "de", else English. login: whose password; link: the whole URL; address: from where it
 * was asked for; is_mailbox: mail programs have to be given the new password too. */
struct reset_text reset_text_make(struct arena *a, struct span language, struct span login,
	struct span link, struct span address, bool is_mailbox);
