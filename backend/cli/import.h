/* Bringing mail into a folder of a mailbox: many messages a commit. */
#pragma once

#include "backend/cli/cli.h"

struct importer;

/* Makes the folder when it is missing. RC_NOT_FOUND: no such mailbox. */
MUST_CHECK enum rc importer_open(struct cli *c, struct span address, struct span folder,
	struct importer **out, struct err *err);
/* bytes must live until the next flush; flags: enum message_flag; at_s: 0 = take the message's own
 * date. Flushes by itself every 64 messages or 8 MiB. */
MUST_CHECK enum rc importer_add(
	struct importer *im, struct span bytes, uint8_t flags, int64_t at_s, struct err *err);
MUST_CHECK enum rc importer_flush(struct importer *im, struct err *err);
size_t importer_count(const struct importer *im);
void importer_close(struct importer *im);

/* A whole mbox file; progress: draw a bar on standard error. */
MUST_CHECK enum rc import_mbox(
	struct cli *c, struct importer *im, const char *path, bool progress, struct err *err);
/* A Maildir: new/ and cur/. */
MUST_CHECK enum rc import_maildir(
	struct cli *c, struct importer *im, const char *path, bool progress, struct err *err);
