/* Telling owners by mail what has changed in their domains' DNS. */
#pragma once

#include "mailcore/deliver/intake.h"

/* Sends what waits. RC_TEMP: the next time. Who cannot be told is passed over. */
MUST_CHECK enum rc dns_mail_all(const struct intake_env *env, struct ctx *ctx);
