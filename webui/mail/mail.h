/* Handlers of webmail, and what they share. Routes: webui/routes.c. */
#pragma once

#include "backend/http/router.h"
#include "mailcore/store/store.h"
#include "webui/view/page.h"

#define MAIL_PAGE_ROWS 50
#define MAIL_SCAN_MAX  5000 /* messages a search looks at, newest first */
#define MAIL_HITS_MAX  100
#define MAIL_BYTES_MAX (80u << 20) /* of one message that is shown */
#define MAIL_SLUG_MAX  24

/* The mailbox of a request, as webmail works on it. */
struct mail {
	struct store *store;
	struct ctx *ctx;
	const struct webui_env *env;
	int64_t mailbox_id;
	struct span address; /* log-in name */
	struct folders folders;
	bool at_outbox; /* that page is shown, no folder */
};

/* Reads the folders. RC_TEMP. */
MUST_CHECK enum rc mail_begin(struct req *r, struct mail *out);
/* A folder's name in URLs: its role, or "f" and its id. */
struct span mail_slug(struct arena *a, const struct folder *folder);
/* What people read: the role's words, or the name. */
struct span mail_folder_name(const struct folder *folder);
/* NULL when there is none. */
const struct folder *mail_folder(const struct mail *m, struct span slug);
const struct folder *mail_folder_role(const struct mail *m, const char *role);

/* One message in a folder, from a path's {folder} and {uid} or from "inbox.17". */
struct mail_ref {
	const struct folder *folder;
	uint32_t uid;
};
bool mail_ref_parse(const struct mail *m, struct span slug, struct span uid, struct mail_ref *out);
bool mail_ref_parse_pair(const struct mail *m, struct span text, struct mail_ref *out);

/* Template data: the list of folders; rows of a list. */
void mail_folders_add(const struct mail *m, struct val *data, const struct folder *current);
void mail_row_add(const struct mail *m, struct val *row, const struct folder *folder,
	const struct message_row *message, uint8_t flags, int64_t internal_at,
	uint32_t current_uid);
/* data.list: the pane with the newest messages of a folder (or of ?q=). current_uid 0: none. */
MUST_CHECK enum rc mail_list_add(
	const struct mail *m, struct page *p, const struct folder *folder, uint32_t current_uid);
/* A page in webmail's frame: folders and list beside the content. is_open: on a phone the content is
 * what shows. */
MUST_CHECK enum rc mail_page(struct mail *m, struct req *r, const char *name, struct span title,
	const struct folder *folder, uint32_t current_uid, bool is_open, struct page *out);

/* The whole message; RC_NOT_FOUND. */
MUST_CHECK enum rc mail_read(const struct mail *m, const struct mail_ref *ref, struct span *out);
/* Adds or removes flags of some messages. */
MUST_CHECK enum rc mail_flag(const struct mail *m, const struct folder *folder,
	const uint32_t *uids, size_t n, enum flag_op op, uint8_t flags);

extern const struct field mail_action_fields[], mail_bulk_fields[], compose_fields[],
	outbox_fields[], send_setting_fields[];

handler_fn page_mail, page_mail_folder, page_mail_message, page_mail_message_post,
	page_mail_bulk_post;
handler_fn page_mail_body, page_mail_attachment, page_mail_raw;
handler_fn page_compose, page_compose_post;
handler_fn page_mail_events;
handler_fn page_mail_outbox, page_mail_outbox_post, page_send_setting, page_send_setting_post;
