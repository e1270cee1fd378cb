/* The JSON API's route table: everything under /api/v1. */
#pragma once

#include "backend/http/router.h"

extern const struct route_table api_routes;
