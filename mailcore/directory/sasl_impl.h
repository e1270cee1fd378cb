/* Shared by sasl.c and sasl_scram.c. */
#pragma once

#include "mailcore/directory/sasl.h"

bool sasl_name_is_valid(struct span s);

struct scram_exchange *scram_begin(bool plus, struct span binding);
void scram_done(struct scram_exchange *x);
/* A message of the client, decoded. */
enum sasl_state scram_take(struct sasl *s, struct span message);
const char *scram_challenge(struct scram_exchange *x);
