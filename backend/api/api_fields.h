/* What requests to the API may hold: one table a route. */
#pragma once

#include "backend/http/fields.h"

extern const struct field api_forwarding_fields[], api_import_fields[],
	api_import_mailboxes_fields[], api_bulk_domains_fields[], api_bulk_mailboxes_fields[],
	api_bulk_aliases_fields[], api_bulk_accounts_fields[], api_export_query[];
extern const struct field api_list_query[], api_account_list_query[], api_plain_list_query[],
	api_mailboxes_query[], api_aliases_query[], api_domains_query[], api_trace_query[],
	api_usage_query[], api_zone_query[], api_queue_query[], api_queue_group_query[],
	api_queue_act_fields[], api_send_limit_fields[], api_queue_pause_fields[],
	api_account_fields[], api_account_change_fields[], api_plan_fields[],
	api_plan_change_fields[], api_domain_fields[], api_domain_change_fields[],
	api_domain_delete_query[], api_mailbox_fields[], api_mailbox_change_fields[],
	api_app_password_fields[], api_alias_fields[], api_route_fields[],
	api_alias_change_fields[], api_token_fields[], api_no_fields[], api_dns_setting_fields[],
	api_link_fields[], api_push_fields[];
