/* Sizes and times for people. Everything in UTC until accounts carry a zone. Memory: arena. */
#pragma once

#include <stdint.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

/* "0 B", "812 KB", "1.4 MB" (units of 1,000). */
struct span format_size(struct arena *a, int64_t bytes);
/* As short as sense allows, seen from now: "14:05", "22 Nov", "22 Nov 2025". */
struct span format_when(struct arena *a, int64_t time_s, int64_t now_s);
/* "22 Nov 2026, 14:05" */
struct span format_time(struct arena *a, int64_t time_s);
/* "Sunday, 22 November 2026, 14:05 UTC" */
struct span format_time_full(struct arena *a, int64_t time_s);
/* "2026-11-22T14:05:00Z", for datetime attributes. */
struct span format_iso(struct arena *a, int64_t time_s);
