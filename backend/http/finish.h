/* The last touch of every answer: conditional requests, compression, the headers all have. */
#pragma once

#include "backend/http/reply.h"

void reply_finish(struct req *r, struct reply *out);
