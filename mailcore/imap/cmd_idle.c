/*
 * IDLE (RFC 2177). The bell only says "look"; the news come from the snapshot, as for NOOP.
 *
 * The watch is set before the first look, so that nothing falls between. In authenticated state
 * there is nothing to tell, but clients do it (Outlook).
 */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/reply.h"

/* On whatever thread rings. */
static void wake(int64_t mailbox_id, int64_t folder_id, void *arg)
{
	conn_wake(arg);
}

static enum step tell(struct imap *s, struct ctx *ctx, bool fresh)
{
	if (s->state != STATE_SELECTED)
		return STEP_DONE;
	if (imap_view_sync(s, ctx, fresh, true, false, NULL) == RC_NOT_FOUND)
		return imap_reply_bye(s, "The selected folder was deleted.");
	return STEP_DONE; /* trouble with the database: the next bell or poll tells */
}

enum step imap_cmd_idle(struct command *cmd)
{
	struct imap *s = cmd->s;

	s->mode = MODE_IDLE;
	s->ref = conn_ref_new(s->conn);
	s->watch = bell_watch(store_bells(s->options->store), s->mailbox_id, wake, s->ref);
	imap_reply_continue(s, "idling");
	return tell(s, cmd->ctx, true);
}

enum step imap_idle_wake(struct imap *s, struct ctx *ctx)
{
	return tell(s, ctx, false);
}

void imap_idle_end(struct imap *s)
{
	if (s->watch)
		bell_unwatch(store_bells(s->options->store), s->watch);
	if (s->ref)
		conn_ref_free(s->ref);
	s->watch = NULL;
	s->ref = NULL;
}

enum step imap_idle_line(struct imap *s, struct ctx *ctx, struct span line)
{
	imap_idle_end(s);
	s->mode = MODE_COMMAND;
	if (!span_ieq(line, SPAN("DONE")))
		return imap_reply_bad(s, "DONE was expected.");
	enum step step = tell(s, ctx, false);
	if (step == STEP_DONE)
		imap_reply_tagged(s, "OK Done.");
	return step;
}
