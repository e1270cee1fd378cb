/* Roles of folders and their IMAP attributes: see special_use.h. */
#include "mailcore/imap/special_use.h"

#include "mailcore/imap/syntax/lex.h"

static const struct {
	const char *role;
	const char *attribute;
} uses[] = {
	{ "all", "\\All" },
	{ "archive", "\\Archive" },
	{ "drafts", "\\Drafts" },
	{ "flagged", "\\Flagged" },
	{ "junk", "\\Junk" },
	{ "sent", "\\Sent" },
	{ "trash", "\\Trash" },
};

const char *special_use_of(struct span role)
{
	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
		if (span_eq(role, span_of(uses[i].role)))
			return uses[i].attribute;
	}
	return NULL;
}

bool special_use_take(struct cur *in, struct span *out_role)
{
	struct cur c = *in;

	if (!cur_take(&c, '\\'))
		return false;
	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
		if (lex_word(&c, uses[i].attribute + 1)) {
			*out_role = span_of(uses[i].role);
			*in = c;
			return true;
		}
	}
	return false;
}
