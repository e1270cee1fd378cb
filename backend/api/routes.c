/* The JSON API's route table. */
#include "backend/api/routes.h"

#include "backend/accounts/services.h"
#include "backend/api/api.h"

#define V1 "/api/v1"

/* ------------------------------------------------------------------------ fields */

#define LIST_FIELDS                                                                                \
	{ "limit", FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX, .about = "Items on a page." },      \
	{                                                                                          \
		"cursor", FIELD_TEXT, .about = "next_cursor of the page before."                   \
	}

static const struct field list_query[] = {
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 200, .about = "Part of the name." },
	{ 0 },
};
static const struct field plain_list_query[] = { LIST_FIELDS, { 0 } };
static const struct field domain_list_query[] = {
	LIST_FIELDS,
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain." },
	{ "q", FIELD_TEXT, .max = 200, .about = "Part of the address or name." },
	{ 0 },
};
static const struct field trace_query[] = {
	LIST_FIELDS,
	{ "address", FIELD_TEXT, .max = 320, .about = "Sender or recipient." },
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain." },
	{ "message_id", FIELD_TEXT, .max = 998, .about = "Message-ID, or the id of a trace." },
	{ "since", FIELD_TIME, .about = "Not before." },
	{ "until", FIELD_TIME, .about = "Before." },
	{ 0 },
};
static const struct field usage_query[] = {
	LIST_FIELDS,
	{ "month", FIELD_TEXT, .max = 7,
		.about = "For example 2026-11; the current one if absent." },
	{ 0 },
};
static const struct field zone_query[] = {
	{ "format", FIELD_TEXT, .max = 20, .about = "bind (default), json, csv or terraform." },
	{ 0 },
};

static const char *const roles[] = { "reseller", "customer", NULL };

static const struct field account_fields[] = {
	{ "login", FIELD_TEXT, FIELD_REQUIRED, .max = 254, .about = "Log-in name." },
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ "role", FIELD_CHOICE, FIELD_REQUIRED, .choices = roles },
	{ "name", FIELD_TEXT, .max = 200, .about = "Name of the person or firm." },
	{ "parent", FIELD_TEXT, .max = 254, .about = "Log-in of the account above; one's own." },
	{ 0 },
};
static const struct field account_change_fields[] = {
	{ "password", FIELD_SECRET, .max = 1024 },
	{ "suspended", FIELD_BOOL, .about = "It, and all below it, cannot log in." },
	{ 0 },
};
static const struct field domain_fields[] = {
	{ "name", FIELD_TEXT, FIELD_REQUIRED, .max = 253 },
	{ "account", FIELD_TEXT, .max = 254, .about = "Log-in of the owner; one's own." },
	{ 0 },
};
static const struct field domain_change_fields[] = {
	{ "suspended", FIELD_BOOL },
	{ "account", FIELD_TEXT, .max = 254, .about = "Log-in of the new owner." },
	{ 0 },
};
static const struct field mailbox_fields[] = {
	{ "address", FIELD_TEXT, FIELD_REQUIRED, .max = 320 },
	{ "password", FIELD_SECRET, .max = 1024 },
	{ "password_hash", FIELD_SECRET, .max = 1024, .about = "crypt(3) or Argon2 string." },
	{ "quota_bytes", FIELD_INT, .about = "0: none." },
	{ "name", FIELD_TEXT, .max = 200, .about = "Whose it is." },
	{ 0 },
};
static const struct field mailbox_change_fields[] = {
	{ "password", FIELD_SECRET, .max = 1024 },
	{ "password_hash", FIELD_SECRET, .max = 1024 },
	{ "quota_bytes", FIELD_INT, .about = "0: none." },
	{ "name", FIELD_TEXT, .max = 200 },
	{ "no_login", FIELD_BOOL, .about = "Log-in is switched off." },
	{ "no_send", FIELD_BOOL, .about = "Sending is switched off." },
	{ "no_receive", FIELD_BOOL, .about = "Receiving is switched off." },
	{ "hold_out", FIELD_BOOL, .about = "Outgoing mail is held." },
	{ 0 },
};
static const struct field app_password_fields[] = {
	{ "label", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .about = "The device or program." },
	{ 0 },
};
static const struct field alias_fields[] = {
	{ "address", FIELD_TEXT, FIELD_REQUIRED, .max = 320,
		.about = "@example.org is the catch-all." },
	{ "targets", FIELD_TEXTS, FIELD_REQUIRED, .min = 1, .max = 100 },
	{ 0 },
};
static const struct field alias_change_fields[] = {
	{ "targets", FIELD_TEXTS, FIELD_REQUIRED, .min = 1, .max = 100 },
	{ 0 },
};
static const struct field token_fields[] = {
	{ "label", FIELD_TEXT, FIELD_REQUIRED, .max = 100 },
	{ "scopes", FIELD_TEXTS, FIELD_REQUIRED, .min = 1, .max = 40,
		.about = "resource:read or resource:write." },
	{ "domains", FIELD_TEXTS, .max = 100, .about = "Only these domains." },
	{ "expires_at", FIELD_TIME },
	{ 0 },
};
static const struct field no_fields[] = { { 0 } };

/* ------------------------------------------------------------------------ rows */

static const struct route routes[] = {
	{ METHOD_POST, V1 "/accounts", GUARD_RESELLER, "accounts:write", account_fields, NULL,
		api_account_create, .flags = ROUTE_CREATES, .summary = "Make an account",
		.answer = "Account" },
	{ METHOD_GET, V1 "/accounts", GUARD_ACCOUNT, "accounts:read", NULL, list_query,
		api_account_list, .summary = "Accounts at and below one's own",
		.answer = "[Account]" },
	{ METHOD_GET, V1 "/accounts/{login}", GUARD_ACCOUNT, "accounts:read", NULL, NULL,
		api_account_get, .summary = "One account", .answer = "Account" },
	{ METHOD_PATCH, V1 "/accounts/{login}", GUARD_ACCOUNT, "accounts:write",
		account_change_fields, NULL, api_account_update, .summary = "Change an account",
		.answer = "Account" },

	{ METHOD_POST, V1 "/domains", GUARD_ACCOUNT, "domains:write", domain_fields, NULL,
		api_domain_create, .flags = ROUTE_CREATES, .summary = "Add a domain",
		.answer = "Domain" },
	{ METHOD_GET, V1 "/domains", GUARD_ACCOUNT, "domains:read", NULL, list_query,
		api_domain_list, .summary = "Domains", .answer = "[Domain]" },
	{ METHOD_GET, V1 "/domains/{name}", GUARD_ACCOUNT, "domains:read", NULL, NULL,
		api_domain_get, .summary = "One domain", .answer = "Domain" },
	{ METHOD_PATCH, V1 "/domains/{name}", GUARD_ACCOUNT, "domains:write", domain_change_fields,
		NULL, api_domain_update, .summary = "Change a domain", .answer = "Domain" },
	{ METHOD_DELETE, V1 "/domains/{name}", GUARD_ACCOUNT, "domains:write", NULL, NULL,
		api_domain_delete, .summary = "Remove a domain" },
	{ METHOD_GET, V1 "/domains/{name}/dns", GUARD_ACCOUNT, "domains:read", NULL, NULL,
		api_dns_get, .summary = "The records its zone should contain", .answer = "Dns" },
	{ METHOD_POST, V1 "/domains/{name}/dns/check", GUARD_ACCOUNT, "domains:write", no_fields,
		NULL, api_dns_check, .summary = "The records, compared with what DNS says now",
		.answer = "Dns" },
	{ METHOD_GET, V1 "/domains/{name}/dns/zone", GUARD_ACCOUNT, "domains:read", NULL,
		zone_query, api_dns_zone, .summary = "The same, ready to paste" },
	{ METHOD_GET, V1 "/domains/{name}/dkim", GUARD_ACCOUNT, "domains:read", NULL, NULL,
		api_dkim_list, .summary = "DKIM keys", .answer = "[DkimKey]" },
	{ METHOD_POST, V1 "/domains/{name}/dkim/rotate", GUARD_ACCOUNT, "domains:write", no_fields,
		NULL, api_dkim_rotate, .summary = "Make new DKIM keys", .answer = "[DkimKey]" },

	{ METHOD_POST, V1 "/mailboxes", GUARD_ACCOUNT, "mailboxes:write", mailbox_fields, NULL,
		api_mailbox_create, .flags = ROUTE_CREATES, .summary = "Make a mailbox",
		.answer = "Mailbox" },
	{ METHOD_GET, V1 "/mailboxes", GUARD_ACCOUNT, "mailboxes:read", NULL, domain_list_query,
		api_mailbox_list, .summary = "Mailboxes", .answer = "[Mailbox]" },
	{ METHOD_GET, V1 "/mailboxes/{address}", GUARD_ACCOUNT, "mailboxes:read", NULL, NULL,
		api_mailbox_get, .summary = "One mailbox", .answer = "Mailbox" },
	{ METHOD_PATCH, V1 "/mailboxes/{address}", GUARD_ACCOUNT, "mailboxes:write",
		mailbox_change_fields, NULL, api_mailbox_update, .summary = "Change a mailbox",
		.answer = "Mailbox" },
	{ METHOD_DELETE, V1 "/mailboxes/{address}", GUARD_ACCOUNT, "mailboxes:write", NULL, NULL,
		api_mailbox_delete, .summary = "Remove a mailbox" },
	{ METHOD_POST, V1 "/mailboxes/{address}/app-passwords", GUARD_ACCOUNT, "mailboxes:write",
		app_password_fields, NULL, api_app_password_create,
		.flags = ROUTE_CREATES | ROUTE_SECRET,
		.summary = "Make an app password; it is shown once", .answer = "AppPassword" },
	{ METHOD_GET, V1 "/mailboxes/{address}/app-passwords", GUARD_ACCOUNT, "mailboxes:read",
		NULL, NULL, api_app_password_list, .summary = "App passwords, without the secret",
		.answer = "[AppPassword]" },
	{ METHOD_DELETE, V1 "/mailboxes/{address}/app-passwords/{id}", GUARD_ACCOUNT,
		"mailboxes:write", NULL, NULL, api_app_password_delete,
		.summary = "Remove an app password" },

	{ METHOD_POST, V1 "/aliases", GUARD_ACCOUNT, "aliases:write", alias_fields, NULL,
		api_alias_create, .flags = ROUTE_CREATES, .summary = "Make an alias",
		.answer = "Alias" },
	{ METHOD_GET, V1 "/aliases", GUARD_ACCOUNT, "aliases:read", NULL, domain_list_query,
		api_alias_list, .summary = "Aliases", .answer = "[Alias]" },
	{ METHOD_GET, V1 "/aliases/{address}", GUARD_ACCOUNT, "aliases:read", NULL, NULL,
		api_alias_get, .summary = "One alias", .answer = "Alias" },
	{ METHOD_PUT, V1 "/aliases/{address}", GUARD_ACCOUNT, "aliases:write", alias_change_fields,
		NULL, api_alias_replace, .summary = "Replace an alias' targets",
		.answer = "Alias" },
	{ METHOD_DELETE, V1 "/aliases/{address}", GUARD_ACCOUNT, "aliases:write", NULL, NULL,
		api_alias_delete, .summary = "Remove an alias" },

	{ METHOD_POST, V1 "/tokens", GUARD_ACCOUNT, "tokens:write", token_fields, NULL,
		api_token_create, .flags = ROUTE_CREATES | ROUTE_SECRET,
		.summary = "Make an API token; it is shown once", .answer = "Token" },
	{ METHOD_GET, V1 "/tokens", GUARD_ACCOUNT, "tokens:read", NULL, plain_list_query,
		api_token_list, .summary = "One's tokens, without the secret",
		.answer = "[Token]" },
	{ METHOD_DELETE, V1 "/tokens/{id}", GUARD_ACCOUNT, "tokens:write", NULL, NULL,
		api_token_delete, .summary = "Revoke a token" },

	{ METHOD_GET, V1 "/trace", GUARD_ACCOUNT, "trace:read", NULL, trace_query, api_trace_list,
		.summary = "Messages, one row each recipient", .answer = "[TraceRow]" },
	{ METHOD_GET, V1 "/trace/{id}", GUARD_ACCOUNT, "trace:read", NULL, NULL, api_trace_get,
		.summary = "What happened to a message", .answer = "Trace" },
	{ METHOD_GET, V1 "/audit", GUARD_ACCOUNT, "audit:read", NULL, list_query, api_audit_list,
		.summary = "Who did what", .answer = "[AuditEntry]" },
	{ METHOD_GET, V1 "/usage", GUARD_ACCOUNT, "usage:read", NULL, usage_query, api_usage_list,
		.summary = "What accounts use, by month", .answer = "[Usage]" },

	{ METHOD_GET, V1 "/health", GUARD_PUBLIC, NULL, NULL, NULL, api_health,
		.flags = ROUTE_CLEARTEXT, .summary = "Readiness of database and roles" },
	{ METHOD_GET, V1 "/metrics", GUARD_METRICS, "metrics:read", NULL, NULL, api_metrics,
		.flags = ROUTE_CLEARTEXT, .summary = "Prometheus text" },
	/* The same where load balancers and Prometheus look for them; not in the description. */
	{ METHOD_GET, "/health", GUARD_PUBLIC, NULL, NULL, NULL, api_health,
		.flags = ROUTE_CLEARTEXT, .summary = "Readiness of database and roles" },
	{ METHOD_GET, "/metrics", GUARD_METRICS, "metrics:read", NULL, NULL, api_metrics,
		.flags = ROUTE_CLEARTEXT, .summary = "Prometheus text" },
	{ METHOD_GET, V1 "/openapi.json", GUARD_PUBLIC, NULL, NULL, NULL, api_openapi,
		.summary = "This description" },
};

const struct route_table api_routes = {
	.routes = routes,
	.len = sizeof routes / sizeof routes[0],
	.is_api = true,
	.refuse = api_refuse,
	.wrap = api_wrap,
	.prefix = "/api/",
};
