/*
 * What the message parsers see, as JSON: `mailstead check mime` and the mime operations of
 * `mailstead check lines`. Pure; the caller deletes the result.
 */
#pragma once

#include "mailcore/base/span.h"

struct cJSON;

/* {"type","params","encoding","size","lines","offset","header_offset","children":[...]}; the root
 * and embedded messages have "envelope" too. size and lines are the body's as stored; offset is
 * where the body begins in the message. */
struct cJSON *mime_json(struct span message);

/* {"type","params"}; type is null when there is none. */
struct cJSON *content_type_json(struct span value);
/* {"time"}: seconds since 1970, null when it cannot be read. */
struct cJSON *date_json(struct span value);
/* {"addresses":[[name or null, address], ...]}, groups flattened. */
struct cJSON *addresses_json(struct span value);
