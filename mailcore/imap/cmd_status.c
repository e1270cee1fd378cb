/* STATUS (RFC 9051 §6.3.11, RFC 7162, RFC 7889, RFC 8438, RFC 8474, RFC 9208): counters of the folder's row. */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/folder_arg.h"
#include "mailcore/imap/object_id.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/status.h"
#include "mailcore/imap/syntax/item_text.h"
#include "mailcore/imap/syntax/lex.h"

#define STATUS_OF_DELETED (STATUS_DELETED | STATUS_DELETED_STORAGE)

struct counted {
	int64_t deleted, deleted_bytes, recent;
};

/* Many clients ask for RECENT of every folder; mostly the folder's row knows, without its messages. */
static bool knows_recent(const struct folder *folder, int64_t *out)
{
	if (folder->first_recent_uid >= folder->uidnext)
		*out = 0;
	else if (folder->first_recent_uid <= 1)
		*out = folder->messages;
	else
		return false;
	return true;
}

/* The items that are no columns. */
static enum rc count(struct imap *s, struct ctx *ctx, const struct folder *folder, unsigned items,
	struct counted *out)
{
	const struct snapshot *snap;

	*out = (struct counted){ 0 };
	if (!(items & STATUS_OF_DELETED) &&
		(!(items & STATUS_RECENT) || knows_recent(folder, &out->recent)))
		return RC_OK;
	enum rc rc =
		snapshot_get(s->options->store, ctx, s->mailbox_id, folder->folder_id, true, &snap);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < snap->len; i++) {
		bool deleted = snap->flags[i] & FLAG_DELETED;
		out->deleted += deleted;
		out->deleted_bytes += deleted ? snap->size_bytes[i] : 0;
		out->recent += snap->uid[i] >= folder->first_recent_uid;
	}
	snapshot_unref(snap);
	return RC_OK;
}

enum rc status_reply(struct imap *s, struct ctx *ctx, const struct folder *folder, unsigned items)
{
	struct str *out = conn_out(s->conn);
	struct counted counted = { 0 };
	const char *gap = "";

	enum rc rc = count(s, ctx, folder, items, &counted);
	if (rc != RC_OK)
		return rc;
	const struct {
		unsigned item;
		const char *name;
		int64_t value;
	} values[] = {
		{ STATUS_MESSAGES, "MESSAGES", folder->messages },
		{ STATUS_RECENT, "RECENT", counted.recent },
		{ STATUS_UIDNEXT, "UIDNEXT", folder->uidnext },
		{ STATUS_UIDVALIDITY, "UIDVALIDITY", folder->uidvalidity },
		{ STATUS_UNSEEN, "UNSEEN", folder->unseen },
		{ STATUS_DELETED, "DELETED", counted.deleted },
		{ STATUS_DELETED_STORAGE, "DELETED-STORAGE",
			(counted.deleted_bytes + 1023) / 1024 },
		{ STATUS_SIZE, "SIZE", folder->size_bytes },
		{ STATUS_HIGHESTMODSEQ, "HIGHESTMODSEQ", folder->highestmodseq },
		{ STATUS_APPENDLIMIT, "APPENDLIMIT", (int64_t)s->options->max_message_size },
	};
	str_add_cstr(out, "* STATUS ");
	imap_reply_mailbox(s, folder->name);
	str_add_cstr(out, " (");
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		if (!(items & values[i].item))
			continue;
		str_addf(out, "%s%s %lld", gap, values[i].name, (long long)values[i].value);
		gap = " ";
	}
	if (items & STATUS_MAILBOXID) {
		str_addf(out, "%sMAILBOXID ", gap);
		object_id_add_folder(out, folder->folder_id);
	}
	str_add_cstr(out, ")\r\n");
	return RC_OK;
}

/* status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")" */
enum step imap_cmd_status(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct span wire;
	struct folder folder;
	unsigned items;

	if (!folder_wire_take(cmd, &wire) || !lex_sp(&cmd->args) ||
		!status_items_parse(&cmd->args, &items) || !cur_done(&cmd->args))
		return imap_reply_bad(s, "STATUS needs a folder and a list of items.");
	enum rc rc = folder_of_arg(s, cmd->ctx, wire, &folder);
	if (rc == RC_OK)
		rc = status_reply(s, cmd->ctx, &folder, items);
	if (items & STATUS_HIGHESTMODSEQ)
		s->condstore = true; /* RFC 7162 §3.1: a CONDSTORE enabling command */
	return imap_reply_rc(cmd, rc == RC_INVALID ? RC_NOT_FOUND : rc, NULL);
}
