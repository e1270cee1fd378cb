/* Folder names in commands: see folder_arg.h. */
#include "mailcore/imap/folder_arg.h"

#include "mailcore/imap/syntax/lex.h"
#include "mailcore/imap/syntax/mailbox_name.h"

bool folder_wire_take(struct command *cmd, struct span *out)
{
	struct cur c = cmd->args;

	if (!lex_sp(&c) || !lex_astring(&c, cmd->ctx->arena, out))
		return false;
	cmd->args = c;
	return true;
}

bool folder_name_decode(struct imap *s, struct arena *a, struct span wire, struct span *out)
{
	struct str name = str_in(a, MAILBOX_NAME_WIRE_MAX + 1);

	if (!mailbox_name_parse(wire, imap_session_is_utf8(s), &name))
		return false;
	*out = str_span(&name);
	return true;
}

enum rc folder_of_arg(struct imap *s, struct ctx *ctx, struct span wire, struct folder *out)
{
	struct span name;

	if (!folder_name_decode(s, ctx->arena, wire, &name))
		return RC_INVALID;
	return folder_find(s->options->store, ctx, s->mailbox_id, name, out);
}
