/*
 * Forgotten passwords, the half that mails: takes the asks that the web role has noted, finds out who
 * is meant, and sends the link. Ask and link change places in the mail's own commit: a crash before it
 * sends nothing and tries again, one after it has sent once.
 */
#pragma once

#include "mailcore/deliver/intake.h"

struct reset_mail_env {
	const struct intake_env *intake;
	const char *url; /* https://panel.example.net; never from a request */
};

/* RC_TEMP: some asks wait for the next time. */
MUST_CHECK enum rc reset_mail_all(const struct reset_mail_env *env, struct ctx *ctx);
