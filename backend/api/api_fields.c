/* What requests to the API may hold. */
#include "backend/api/api_fields.h"

#include "backend/accounts/import_service.h"
#include "backend/accounts/services.h"
#include "backend/accounts/trace_service.h"
#include "backend/http/suspension_form.h"

#define LIST_FIELDS                                                                                \
	{ "limit", FIELD_INT, .min = 1, .max = LIST_LIMIT_MAX, .about = "Items on a page." },      \
	{                                                                                          \
		"cursor", FIELD_TEXT, .about = "next_cursor of the page before."                   \
	}

static const char *const states[] = { "active", "suspended", NULL };

#define SORTED_FIELDS(orders)                                                                      \
	{ "sort", FIELD_CHOICE, .choices = orders, .about = "With - downwards." },                 \
		{ "state", FIELD_CHOICE, .choices = states, .about = "Of its own suspension." },   \
	{                                                                                          \
		"account", FIELD_TEXT, .max = 254, .about = "Only at and below this account."      \
	}

static const char *const domain_sorts[] = { "name", "-name", "created", "-created", "mailboxes",
	"-mailboxes", NULL };
static const char *const mailbox_sorts[] = { "name", "-name", "created", "-created", "quota",
	"-quota", "size", "-size", "messages", "-messages", NULL };
static const char *const alias_sorts[] = { "name", "-name", "created", "-created", "targets",
	"-targets", NULL };
static const char *const account_sorts[] = { "name", "-name", "created", "-created", NULL };

const struct field api_list_query[] = {
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 200, .about = "Part of the name." },
	{ 0 },
};
const struct field api_domains_query[] = {
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 200, .about = "Part of the name." },
	SORTED_FIELDS(domain_sorts),
	{ 0 },
};
static const char *const all_roles[] = { "admin", "reseller", "customer", NULL };

const struct field api_account_list_query[] = {
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .max = 200, .about = "Part of the log-in or name." },
	{ "role", FIELD_CHOICE, .choices = all_roles },
	SORTED_FIELDS(account_sorts),
	{ 0 },
};
const struct field api_plain_list_query[] = { LIST_FIELDS, { 0 } };
const struct field api_mailboxes_query[] = {
	LIST_FIELDS,
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain." },
	{ "q", FIELD_TEXT, .max = 200, .about = "Part of the address or name." },
	SORTED_FIELDS(mailbox_sorts),
	{ 0 },
};
const struct field api_aliases_query[] = {
	LIST_FIELDS,
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain." },
	{ "q", FIELD_TEXT, .max = 200, .about = "Part of the address or of a target." },
	{ "sort", FIELD_CHOICE, .choices = alias_sorts, .about = "With - downwards." },
	{ "account", FIELD_TEXT, .max = 254, .about = "Only at and below this account." },
	{ 0 },
};
static const char *const directions[] = { "in", "out", NULL };
const struct field api_trace_query[] = {
	LIST_FIELDS,
	{ "address", FIELD_TEXT, .max = 320,
		.about = "Sender or recipient, a domain, or an IP address." },
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain." },
	{ "message_id", FIELD_TEXT, .max = 998, .about = "Message-ID, or the id of a trace." },
	{ "state", FIELD_CHOICE, .choices = trace_state_names, .about = "Only in this state." },
	{ "direction", FIELD_CHOICE, .choices = directions, .about = "in or out." },
	{ "since", FIELD_TIME, .about = "Not before." },
	{ "until", FIELD_TIME, .about = "Before." },
	{ 0 },
};
static const char *const queue_states[] = { "waiting", "sending", "held", NULL };

const struct field api_queue_query[] = {
	LIST_FIELDS,
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain of ours." },
	{ "destination", FIELD_TEXT, .max = 255, .about = "Only to this domain." },
	{ "state", FIELD_CHOICE, .choices = queue_states },
	{ "reason", FIELD_TEXT, .max = 600, .about = "Exactly this reason, as groups show it." },
	{ "address", FIELD_TEXT, .max = 320, .about = "Sender or recipient." },
	{ 0 },
};
const struct field api_queue_group_query[] = {
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain of ours." },
	{ 0 },
};
static const char *const queue_verbs[] = { "retry", "hold", "release", "remove", NULL };
static const char *const pause_kinds[] = { "destination", "sender", NULL };

const struct field api_queue_act_fields[] = {
	{ "do", FIELD_CHOICE, FIELD_REQUIRED, .choices = queue_verbs },
	{ "destination", FIELD_TEXT, .max = 255, .about = "Only to this domain." },
	{ "sender", FIELD_TEXT, .max = 320, .about = "Only from this address." },
	{ "state", FIELD_CHOICE, .choices = queue_states },
	{ "note", FIELD_TEXT, .max = 200, .about = "Why, for trace and audit." },
	{ 0 },
};
const struct field api_queue_pause_fields[] = {
	{ "kind", FIELD_CHOICE, FIELD_REQUIRED, .choices = pause_kinds },
	{ "value", FIELD_TEXT, FIELD_REQUIRED, .max = 255, .about = "A domain; an address." },
	{ "reason", FIELD_TEXT, .max = 500 },
	{ 0 },
};
const struct field api_usage_query[] = {
	LIST_FIELDS,
	{ "month", FIELD_TEXT, .max = 7,
		.about = "For example 2026-11; the current one if absent." },
	{ 0 },
};
static const char *const steps[] = { "hour", "day", NULL };
const struct field api_statistics_query[] = {
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain." },
	{ "step", FIELD_CHOICE, .choices = steps, .about = "hour (default) or day, in UTC." },
	{ "since", FIELD_TIME, .about = "Not before; the last 24 hours or 30 days if absent." },
	{ "until", FIELD_TIME, .about = "Before." },
	{ 0 },
};
const struct field api_zone_query[] = {
	{ "format", FIELD_TEXT, .max = 20, .about = "bind (default), json, csv or terraform." },
	{ 0 },
};

static const char *const roles[] = { "reseller", "customer", NULL };

const struct field api_account_fields[] = {
	{ "login", FIELD_TEXT, FIELD_REQUIRED, .max = 254, .about = "Log-in name." },
	{ "password", FIELD_SECRET, FIELD_REQUIRED, .max = 1024 },
	{ "role", FIELD_CHOICE, FIELD_REQUIRED, .choices = roles },
	{ "name", FIELD_TEXT, .max = 200, .about = "Name of the person or firm." },
	{ "parent", FIELD_TEXT, .max = 254, .about = "Log-in of the account above; one's own." },
	{ "plan", FIELD_TEXT, FIELD_NULLABLE, .max = 100, .about = "Its name or id." },
	{ 0 },
};
const struct field api_account_change_fields[] = {
	{ "password", FIELD_SECRET, .max = 1024 },
	{ "name", FIELD_TEXT, .max = 200 },
	{ "plan", FIELD_TEXT, FIELD_NULLABLE, .max = 100, .about = "Its name or id; null: none." },
	{ "require_second_factor", FIELD_BOOL,
		.about = "Log-ins of it and all accounts below need a second factor." },
	{ "contact", FIELD_TEXT, .max = 320, .about = "Where mail to it goes." },
	{ "language", FIELD_TEXT, .max = 10, .about = "Of its pages: en or de." },
	SUSPENSION_FIELDS,
	{ 0 },
};

#define LIMIT_FIELD(field, text)                                                                   \
	{                                                                                          \
		field, FIELD_INT, FIELD_NULLABLE, .about = text " null: no limit."                 \
	}
#define PLAN_FIELDS                                                                                \
	LIMIT_FIELD("max_domains", "Domains at and below the account;"),                           \
		LIMIT_FIELD("max_mailboxes", "Mailboxes;"),                                        \
		LIMIT_FIELD("max_aliases", "Aliases;"),                                            \
		LIMIT_FIELD("max_storage_bytes", "Quotas that may be given out;"),                 \
		LIMIT_FIELD("send_per_hour", "Recipients of one mailbox in an hour;"),             \
		LIMIT_FIELD("send_per_day", "Recipients of one mailbox in a day;"),                \
	{                                                                                          \
		"mailbox_quota_bytes", FIELD_INT, .about = "Of a mailbox made without a quota."    \
	}

const struct field api_plan_fields[] = {
	{ "name", FIELD_TEXT, FIELD_REQUIRED, .max = 100 },
	PLAN_FIELDS,
	{ 0 },
};
const struct field api_plan_change_fields[] = {
	{ "name", FIELD_TEXT, .max = 100 },
	PLAN_FIELDS,
	{ 0 },
};

const struct field api_domain_fields[] = {
	{ "name", FIELD_TEXT, FIELD_REQUIRED, .max = 253 },
	{ "account", FIELD_TEXT, .max = 254, .about = "Log-in of the owner; one's own." },
	{ "alias_of", FIELD_TEXT, .max = 253,
		.about = "It becomes another name of this domain, with the same addresses." },
	{ 0 },
};
static const char *const dmarc_modes[] = { "apply", "junk", "ignore", NULL };
const struct field api_domain_change_fields[] = {
	{ "dmarc", FIELD_CHOICE, .choices = dmarc_modes,
		.about =
			"Mail that DMARC would refuse: refused as asked, Junk at most, or let in." },
	{ "account", FIELD_TEXT, .max = 254, .about = "Log-in of the new owner." },
	SUSPENSION_FIELDS,
	{ 0 },
};
#define LIMIT_NUMBER(field, text)                                                                  \
	{                                                                                          \
		field, FIELD_INT, FIELD_REQUIRED, .max = 1000000000,                               \
						  .about = text "; 0: no limit."                   \
	}
const struct field api_send_limit_fields[] = {
	LIMIT_NUMBER("hour_messages", "Messages in an hour"),
	LIMIT_NUMBER("hour_recipients", "Recipients in an hour"),
	LIMIT_NUMBER("day_messages", "Messages in a day"),
	LIMIT_NUMBER("day_recipients", "Recipients in a day"),
	{ 0 },
};
const struct field api_route_fields[] = {
	{ "smarthost", FIELD_SECRET, .max = 1024,
		.about =
			"smtp://user:password@host:port or smtps://...; empty: straight to the recipient." },
	{ "source", FIELD_TEXT, .max = 100,
		.about = "Outgoing IPv4 or IPv6 address, or one of each with a comma." },
	{ 0 },
};
const struct field api_domain_delete_query[] = {
	{ "cascade", FIELD_BOOL, .about = "With its mailboxes and aliases." },
	{ 0 },
};

#define MAILBOX_FIELDS                                                                             \
	{ "password", FIELD_SECRET, .max = 1024 },                                                 \
		{ "password_hash", FIELD_SECRET, .max = 1024,                                      \
			.about = "crypt(3) or Argon2 string, Dovecot's {SCHEME} allowed." },       \
		{ "quota_bytes", FIELD_INT, .about = "0: none." },                                 \
		{ "name", FIELD_TEXT, .max = 200, .about = "Whose it is." },                       \
		{ "imap", FIELD_BOOL, .about = "May use IMAP." },                                  \
		{ "pop3", FIELD_BOOL, .about = "May use POP3." },                                  \
		{ "smtp", FIELD_BOOL, .about = "May submit mail by SMTP." },                       \
		{ "webmail", FIELD_BOOL, .about = "May use webmail." },                            \
		{ "send_per_hour", FIELD_INT, .about = "Recipients in an hour; 0: the plan's." },  \
	{                                                                                          \
		"send_per_day", FIELD_INT, .about = "Recipients in a day; 0: the plan's."          \
	}

const struct field api_mailbox_fields[] = {
	{ "address", FIELD_TEXT, FIELD_REQUIRED, .max = 320 },
	MAILBOX_FIELDS,
	{ 0 },
};
const struct field api_mailbox_change_fields[] = {
	MAILBOX_FIELDS,
	SUSPENSION_FIELDS,
	{ 0 },
};
const struct field api_app_password_fields[] = {
	{ "label", FIELD_TEXT, FIELD_REQUIRED, .max = 100, .about = "The device or program." },
	{ 0 },
};
static const char *const posters[] = { "anyone", "domain", "members", NULL };

#define GROUP_FIELDS                                                                               \
	{ "name", FIELD_TEXT, .max = 200, .about = "What it is for." },                            \
	{                                                                                          \
		"posters", FIELD_CHOICE, .choices = posters, .about = "Who may write to it."       \
	}

const struct field api_alias_fields[] = {
	{ "address", FIELD_TEXT, FIELD_REQUIRED, .max = 320,
		.about = "@example.org is the catch-all." },
	{ "targets", FIELD_TEXTS, FIELD_REQUIRED, .min = 1, .max = 100 },
	GROUP_FIELDS,
	{ 0 },
};
const struct field api_alias_change_fields[] = {
	{ "targets", FIELD_TEXTS, FIELD_REQUIRED, .min = 1, .max = 100 },
	GROUP_FIELDS,
	{ 0 },
};
const struct field api_token_fields[] = {
	{ "label", FIELD_TEXT, FIELD_REQUIRED, .max = 100 },
	{ "scopes", FIELD_TEXTS, FIELD_REQUIRED, .min = 1, .max = 40,
		.about = "resource:read or resource:write." },
	{ "domains", FIELD_TEXTS, .max = 100, .about = "Only these domains." },
	{ "expires_at", FIELD_TIME },
	{ 0 },
};
const struct field api_import_fields[] = {
	{ "csv", FIELD_LINES, FIELD_REQUIRED, .max = IMPORT_TEXT_MAX,
		.about = "The first line names the columns." },
	{ 0 },
};
const struct field api_import_mailboxes_fields[] = {
	{ "csv", FIELD_LINES, FIELD_REQUIRED, .max = IMPORT_TEXT_MAX,
		.about = "The first line names the columns." },
	{ "add_domains", FIELD_BOOL, .about = "Add the domains that are not there." },
	{ 0 },
};
const struct field api_export_query[] = {
	{ "domain", FIELD_TEXT, .max = 253, .about = "Only of this domain." },
	{ "q", FIELD_TEXT, .max = 200, .about = "Part of the name." },
	{ "state", FIELD_CHOICE, .choices = states, .about = "Of its own suspension." },
	{ "account", FIELD_TEXT, .max = 254, .about = "Only at and below this account." },
	{ 0 },
};
static const char *const switch_actions[] = { "suspend", "resume", "delete", NULL };
static const char *const mailbox_actions[] = { "suspend", "resume", "delete", "quota", NULL };
static const char *const account_actions[] = { "suspend", "resume", "delete", "plan", NULL };
static const char *const delete_action[] = { "delete", NULL };

#define BULK_FIELDS(actions)                                                                       \
	{ "action", FIELD_CHOICE, FIELD_REQUIRED, .choices = actions },                            \
		{ "names", FIELD_TEXTS, .max = 200, .about = "What to change." },                  \
		{ "all", FIELD_BOOL, .about = "Instead of names: all that match." },               \
		{ "q", FIELD_TEXT, .max = 200, .about = "All: part of the name." },                \
	{                                                                                          \
		"account", FIELD_TEXT, .max = 254, .about = "All: at and below this account."      \
	}
#define BULK_STATE_FIELDS                                                                          \
	{ "state", FIELD_CHOICE, .choices = states, .about = "All: only in this state." },         \
	{                                                                                          \
		"suspend_reason", FIELD_TEXT, .max = SUSPEND_REASON_MAX,                           \
					      .about = "Shown to those whom it concerns."          \
	}

const struct field api_bulk_domains_fields[] = {
	BULK_FIELDS(switch_actions),
	BULK_STATE_FIELDS,
	{ 0 },
};
const struct field api_bulk_mailboxes_fields[] = {
	BULK_FIELDS(mailbox_actions),
	BULK_STATE_FIELDS,
	{ "domain", FIELD_TEXT, .max = 253, .about = "All: only of this domain." },
	{ "quota_bytes", FIELD_INT, .about = "The new quota." },
	{ 0 },
};
const struct field api_bulk_aliases_fields[] = {
	BULK_FIELDS(delete_action),
	{ "domain", FIELD_TEXT, .max = 253, .about = "All: only of this domain." },
	{ 0 },
};
const struct field api_bulk_accounts_fields[] = {
	BULK_FIELDS(account_actions),
	BULK_STATE_FIELDS,
	{ "plan", FIELD_TEXT, FIELD_NULLABLE, .max = 100, .about = "The new plan; null: none." },
	{ 0 },
};
const struct field api_forwarding_fields[] = {
	{ "targets", FIELD_TEXTS, FIELD_REQUIRED, .max = 99, .about = "Empty: mail stays here." },
	{ "keep", FIELD_BOOL, .about = "A copy stays in the mailbox; true if absent." },
	{ 0 },
};
const struct field api_no_fields[] = { { 0 } };
