/* Every page, with who may see it. A row without a guard does not start. */
#include "webui/routes.h"

#include "webui/mail/mail.h"
#include "webui/panel/panel.h"
#include "webui/setup/client_files.h"
#include "webui/setup/setup.h"
#include "webui/view/page.h"

#define GET  METHOD_GET
#define POST METHOD_POST

/* For mail programs that look below a customer's domain, some of them without TLS. */
#define FOR_PROGRAMS (ROUTE_ANY_HOST | ROUTE_CLEARTEXT | ROUTE_RAW | ROUTE_NO_CSRF)

static const struct route routes[] = {
	{ GET, "/s/{file}", GUARD_PUBLIC, .handler = page_static },
	{ GET, "/", GUARD_PUBLIC, .handler = page_overview },
	{ GET, "/login", GUARD_PUBLIC, .handler = page_login },
	{ POST, "/login", GUARD_PUBLIC, .fields = login_fields, .handler = page_login_post,
		.flags = ROUTE_NO_CSRF },
	{ POST, "/logout", GUARD_ANY, .fields = no_fields, .handler = page_logout },

	{ GET, "/domains", GUARD_ACCOUNT, .handler = page_domains },
	{ GET, "/domains/new", GUARD_ACCOUNT, .handler = page_domain_new },
	{ POST, "/domains/new", GUARD_ACCOUNT, .fields = domain_new_fields,
		.handler = page_domain_new_post },
	{ GET, "/domains/{domain}", GUARD_ACCOUNT, .handler = page_domain },
	{ POST, "/domains/{domain}/suspend", GUARD_ACCOUNT, .fields = domain_suspend_fields,
		.handler = page_domain_suspend_post },
	{ POST, "/domains/{domain}/delete", GUARD_ACCOUNT, .fields = confirm_fields,
		.handler = page_domain_delete_post },
	{ GET, "/domains/{domain}/dns", GUARD_ACCOUNT, .handler = page_dns },
	{ POST, "/domains/{domain}/dns/check", GUARD_ACCOUNT, .fields = no_fields,
		.handler = page_dns_check_post },
	{ GET, "/domains/{domain}/dns/zone", GUARD_ACCOUNT, .handler = page_dns_zone },
	{ GET, "/domains/{domain}/mailboxes", GUARD_ACCOUNT, .handler = page_mailboxes },
	{ GET, "/domains/{domain}/aliases", GUARD_ACCOUNT, .handler = page_aliases },

	{ GET, "/mailboxes", GUARD_ACCOUNT, .handler = page_mailboxes },
	{ GET, "/mailboxes/new", GUARD_ACCOUNT, .handler = page_mailbox_new },
	{ POST, "/mailboxes/new", GUARD_ACCOUNT, .fields = mailbox_new_fields,
		.handler = page_mailbox_new_post },
	{ GET, "/mailboxes/{address}", GUARD_ACCOUNT, .handler = page_mailbox },
	{ POST, "/mailboxes/{address}/password", GUARD_ACCOUNT, .fields = mailbox_password_fields,
		.handler = page_mailbox_password_post },
	{ POST, "/mailboxes/{address}/delete", GUARD_ACCOUNT, .fields = confirm_fields,
		.handler = page_mailbox_delete_post },

	{ GET, "/aliases", GUARD_ACCOUNT, .handler = page_aliases },
	{ POST, "/aliases", GUARD_ACCOUNT, .fields = alias_fields, .handler = page_aliases_post },
	{ POST, "/aliases/{address}/delete", GUARD_ACCOUNT, .fields = no_fields,
		.handler = page_alias_delete_post },
	{ GET, "/messages", GUARD_ACCOUNT, .handler = page_messages },
	{ GET, "/messages/{id}", GUARD_ACCOUNT, .handler = page_message },
	{ GET, "/tokens", GUARD_ACCOUNT, .handler = page_tokens },
	{ POST, "/tokens", GUARD_ACCOUNT, .fields = token_fields, .handler = page_tokens_post },
	{ POST, "/tokens/{id}/delete", GUARD_ACCOUNT, .fields = no_fields,
		.handler = page_token_delete_post },
	{ GET, "/customers", GUARD_RESELLER, .handler = page_customers },
	{ GET, "/customers/new", GUARD_RESELLER, .handler = page_customer_new },
	{ POST, "/customers/new", GUARD_RESELLER, .fields = customer_fields,
		.handler = page_customer_new_post },
	{ GET, "/account", GUARD_ACCOUNT, .handler = page_account },
	{ POST, "/account", GUARD_ACCOUNT, .fields = account_fields, .handler = page_account_post },
	{ POST, "/account/sessions/{id}/end", GUARD_ACCOUNT, .fields = no_fields,
		.handler = page_session_end_post },

	{ GET, "/mail/config-v1.1.xml", GUARD_PUBLIC, .handler = setup_autoconfig,
		.flags = FOR_PROGRAMS },
	{ GET, "/.well-known/autoconfig/mail/config-v1.1.xml", GUARD_PUBLIC,
		.handler = setup_autoconfig, .flags = FOR_PROGRAMS },
	{ POST, "/autodiscover/autodiscover.xml", GUARD_PUBLIC, .handler = setup_autodiscover,
		.body_max = AUTODISCOVER_REQUEST_MAX, .flags = FOR_PROGRAMS },
	{ POST, "/Autodiscover/Autodiscover.xml", GUARD_PUBLIC, .handler = setup_autodiscover,
		.body_max = AUTODISCOVER_REQUEST_MAX, .flags = FOR_PROGRAMS },
	{ GET, "/.well-known/mta-sts.txt", GUARD_PUBLIC, .handler = setup_mta_sts,
		.flags = ROUTE_ANY_HOST },
	{ GET, "/apple.mobileconfig", GUARD_PUBLIC, .handler = setup_mobileconfig },

	{ GET, "/mail", GUARD_MAILBOX, .handler = page_mail },
	{ GET, "/mail/events", GUARD_MAILBOX, .handler = page_mail_events },
	{ GET, "/mail/compose", GUARD_MAILBOX, .handler = page_compose },
	{ POST, "/mail/compose", GUARD_MAILBOX, .fields = compose_fields,
		.handler = page_compose_post, .body_max = 4 << 20 },
	{ GET, "/mail/{folder}", GUARD_MAILBOX, .handler = page_mail_folder },
	{ POST, "/mail/{folder}/bulk", GUARD_MAILBOX, .fields = mail_bulk_fields,
		.handler = page_mail_bulk_post },
	{ GET, "/mail/{folder}/{uid}", GUARD_MAILBOX, .handler = page_mail_message },
	{ POST, "/mail/{folder}/{uid}", GUARD_MAILBOX, .fields = mail_action_fields,
		.handler = page_mail_message_post },
	{ GET, "/mail/body/{folder}/{uid}", GUARD_MAILBOX, .handler = page_mail_body },
	{ GET, "/mail/raw/{folder}/{uid}", GUARD_MAILBOX, .handler = page_mail_raw },
	{ GET, "/mail/att/{folder}/{uid}/{section}/{name}", GUARD_MAILBOX,
		.handler = page_mail_attachment },
};

const struct route_table webui_routes = {
	.routes = routes,
	.len = sizeof routes / sizeof routes[0],
	.refuse = page_refuse,
	.prefix = "/",
};
