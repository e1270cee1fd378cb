/* The route table of panel and webmail: everything but /api. */
#pragma once

#include "backend/http/router.h"

extern const struct route_table webui_routes;
