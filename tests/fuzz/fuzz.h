/* What a fuzz target defines: returns 0; a finding is an abort, by ASSERT or a sanitizer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
