/* The mx role: mail from the world, port 25. Looks recipients up and delivers; reads no mail. */
#include "backend/role.h"
#include "backend/roles.h"
#include "mailcore/base/log.h"
#include "mailcore/deliver/inbound.h"
#include "mailcore/smtp/abuse.h"
#include "mailcore/smtp/smtp.h"

/* Deliveries of several sessions are committed together, so more workers than processors pay. */
#define WORKERS 32
/* Some resolvers say "not there" without saying for how long, and limit how much one may ask. */
#define NEGATIVE_MS 1000

int role_mx(struct role *r)
{
	struct err err = { 0 };
	struct role_wants wants = { .workers_key = "workers.mx", .workers = WORKERS, .tls = true };

	if (role_open(r, &wants, &err) != RC_OK) {
		log_error("role.open", "error=\"%s\"", err.text);
		return 1;
	}
	struct intake_env intake;
	role_intake_env(r, &intake);
	struct inbound_env inbound;
	if (inbound_env_init(&inbound, r->launch.config, r->resolver, &err) != RC_OK) {
		log_error("role.open", "error=\"%s\"", err.text);
		role_close(r);
		return 1;
	}
	intake.inbound = &inbound;
	resolver_keep_negatives(r->resolver, NEGATIVE_MS);
	resolver_probe(r->resolver);
	struct smtp_options smtp;
	role_smtp_options(r, &intake, false, &smtp);
	const struct config *c = r->launch.config;
	smtp.rates = smtp_rates_new(config_int(c, "limits.smtp_connections"),
		config_int(c, "limits.smtp_messages"), config_int(c, "limits.smtp_recipients"));
	role_listen(r, "smtp", &smtp_protocol, false, &smtp);
	int status = role_run(r);
	rates_free(smtp.rates);
	return status;
}
