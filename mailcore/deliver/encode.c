/* Messages of our users, encoded for transfer. */
#include "mailcore/deliver/encode.h"

static enum rc write_all(struct transfer *t, struct spool *out, struct transfer_watch *watch)
{
	struct span piece = transfer_next(t);
	enum rc rc = RC_OK;

	while (rc == RC_OK && piece.len > 0) {
		transfer_watch_add(watch, piece);
		rc = spool_add(out, piece);
		piece = transfer_next(t);
	}
	return rc;
}

/* Borrows the message while it reads, and then takes its place. */
static enum rc rewrite(
	struct spool *message, struct span all, struct transfer_watch *watch, size_t *out_parts)
{
	struct transfer_watch seen = { 0 };
	struct spool out;
	struct arena a;

	arena_init(&a, (size_t)64 << 10);
	spool_init(&out, message->dir, message->threshold);
	struct transfer *t = transfer_plan(&a, all);
	*out_parts = transfer_encoded_parts(t);
	enum rc rc = write_all(t, &out, &seen);
	arena_done(&a);
	spool_unmap(message, all);
	if (rc != RC_OK) {
		spool_done(&out);
		return rc;
	}
	spool_done(message);
	*message = out;
	*watch = seen;
	return RC_OK;
}

enum rc encode_message(struct spool *message, struct transfer_watch *watch, size_t *out_parts)
{
	struct span all;

	*out_parts = 0;
	if (!watch->is_8bit && !watch->is_long)
		return RC_OK;
	enum rc rc = spool_map(message, &all);
	return rc == RC_OK ? rewrite(message, all, watch, out_parts) : rc;
}
