/* What the API's handlers share. A handler is fields -> service -> answer. */
#pragma once

#include "backend/accounts/services.h"
#include "backend/http/router.h"
#include "mailcore/base/json.h"

extern const struct field api_statistics_query[];

/* limit, cursor, domain and q of the query, as far as the route declares them. */
struct list_ask api_list_ask(const struct req *r);
/* {"items":[...],"next_cursor":...} with a Link header. */
void api_reply_list(struct req *r, struct reply *out, struct cJSON *items, struct span next_cursor);
/* 200 with ETag (version 0: none). */
void api_reply_object(struct req *r, struct reply *out, const struct cJSON *value, int64_t version);
/* 201 with Location: path below /api/v1, key percent-encoded. */
void api_reply_created(struct req *r, struct reply *out, const struct cJSON *value,
	const char *collection, struct span key, int64_t version);
void api_reply_deleted(struct req *r, struct reply *out);
/* If-Match; 0: none. RC_CONFLICT (412) when it is no version of ours. */
MUST_CHECK enum rc api_if_match(const struct req *r, int64_t *out_version, struct err *err);

/* problem.c */
void api_refuse(struct req *r, const struct problem *p, struct reply *out);
/* once.c: Idempotency-Key and dry runs around a handler. */
enum rc api_wrap(struct req *r, struct reply *out, struct err *err);

/* The handlers, by noun. */
handler_fn api_account_create, api_account_list, api_account_get, api_account_update,
	api_account_delete, api_account_restore, api_account_second_factor,
	api_mailbox_second_factor;
handler_fn api_plan_create, api_plan_list, api_plan_get, api_plan_update, api_plan_delete;
handler_fn api_bulk_run, api_bulk_list, api_bulk_get, api_bulk_undo;
handler_fn api_deleted_list, api_import, api_export, api_forwarding_get, api_forwarding_set;
handler_fn api_domain_create, api_domain_list, api_domain_get, api_domain_update, api_domain_delete,
	api_domain_restore, api_domain_route_get, api_domain_route_set, api_domain_route_remove,
	api_account_route_get, api_account_route_set, api_account_route_remove;
handler_fn api_push_get, api_push_set, api_push_remove, api_push_show, api_push_apply,
	api_push_undo;
handler_fn api_link_make, api_link_list, api_link_revoke, api_setup_link_make;
handler_fn api_dns_setting_get, api_dns_setting_set;
handler_fn api_dns_get, api_dns_check, api_dns_history, api_dns_zone, api_dkim_list,
	api_dkim_rotate;
handler_fn api_mailbox_create, api_mailbox_list, api_mailbox_get, api_mailbox_update,
	api_mailbox_delete, api_mailbox_restore;
handler_fn api_app_password_create, api_app_password_list, api_app_password_delete;
handler_fn api_alias_create, api_alias_list, api_alias_get, api_alias_replace, api_alias_delete;
handler_fn api_token_create, api_token_list, api_token_delete;
handler_fn api_domain_limit_get, api_domain_limit_set, api_domain_limit_remove,
	api_account_limit_get, api_account_limit_set, api_account_limit_remove;
handler_fn api_queue_list, api_queue_groups, api_queue_get, api_queue_retry, api_queue_hold,
	api_queue_release, api_queue_remove, api_queue_act, api_queue_senders;
handler_fn api_queue_pause_list, api_queue_pause_set, api_queue_pause_end;
handler_fn api_audit_list, api_trace_list, api_trace_get, api_usage_list;
handler_fn api_health, api_metrics, api_openapi, api_statistics;

/* A small JSON file of ours; NULL when it cannot be read. */
struct cJSON *api_read_json(struct req *r, const char *path);
