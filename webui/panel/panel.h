/* Handlers of the panel's pages, and what they share. Routes: webui/routes.c. */
#pragma once

#include "backend/http/router.h"
#include "webui/view/page.h"

/* A page in the panel's frame; `nav` is the entry of the bar that is current. */
struct page panel_begin(struct req *r, const char *name, const char *nav, struct span title);
/* From ?cursor=, ?q=, ?sort=, ?state= and ?account=. */
struct list_ask panel_list_ask(const struct req *r);
/* Nothing is searched for: an empty list is empty. */
bool panel_is_plain(const struct list_ask *ask);
/* curl for the API call that does the same as the form. json may be NULL. */
void panel_api_call(struct page *p, const char *method, const char *path, const char *json);

/* data.sums: the figures, for tiles and tables. */
void panel_figures(struct val *map, const int64_t *n);

/* data.suspension: for partial/suspend, which posts to action. */
struct suspension;
void panel_suspension(struct page *p, const struct suspension *s, struct span action);

/* "Customer" and so on. */
struct span panel_role(enum account_role role);

enum setup_step { STEP_DOMAIN = 1, STEP_DNS, STEP_MAILBOXES, STEP_TEST };
/* data.steps; domain empty: it is being added. */
void panel_steps(struct page *p, enum setup_step current, struct span domain);

/* data.domain, data.unicode and the tabs of a domain's pages; tab: "domain", "dns" ... */
void panel_domain_tabs(struct page *p, struct span domain, const char *tab);

extern const struct field login_fields[], domain_new_fields[], confirm_fields[],
	mailbox_new_fields[], mailbox_password_fields[], alias_fields[], token_fields[],
	customer_fields[], account_fields[], no_fields[], login_code_fields[], forgotten_fields[],
	support_fields[], reset_fields[], recovery_fields[], profile_fields[], code_fields[],
	app_password_fields[], customer_change_fields[], suspend_fields[], plan_fields[],
	restore_fields[], queue_fields[], route_fields[], limit_fields[], mailbox_limit_fields[],
	import_fields[];

handler_fn page_login, page_login_post, page_logout, page_overview;
handler_fn page_domains, page_domain_new, page_domain_new_post, page_domain,
	page_domain_suspend_post, page_domain_delete_post;
handler_fn page_dns, page_dns_check_post, page_dns_zone;
handler_fn page_mailboxes, page_mailbox_new, page_mailbox_new_post, page_mailbox,
	page_mailbox_password_post, page_mailbox_delete_post;
extern const struct field bulk_fields[];
handler_fn page_bulk, page_bulk_post, page_bulk_undo_post;
handler_fn page_aliases, page_aliases_post, page_alias_delete_post;
handler_fn page_messages, page_message;
handler_fn page_queue, page_queue_post;
handler_fn page_sending, page_route_post, page_route_remove_post, page_limit_post,
	page_limit_remove_post, page_mailbox_limit_post;
handler_fn page_tokens, page_tokens_post, page_token_delete_post;
handler_fn page_customers, page_customer_new, page_customer_new_post, page_customer,
	page_customer_post, page_customer_suspend_post, page_customer_delete_post;
handler_fn page_plans, page_plans_post, page_plan, page_plan_post, page_plan_delete_post;
handler_fn page_audit, page_deleted, page_deleted_post, page_status, page_api;
handler_fn page_mailbox_suspend_post, page_import, page_import_post, page_export;
handler_fn page_statistics, page_statistics_csv;
handler_fn page_support_post, page_support_end_post;
handler_fn page_login_code, page_login_code_post;
handler_fn page_forgotten, page_forgotten_post, page_reset, page_reset_post, page_recovery_post;
handler_fn page_account, page_account_post, page_profile_post, page_session_end_post,
	page_factor_begin_post, page_factor_confirm_post, page_factor_end_post,
	page_app_password_post, page_app_password_delete_post;
