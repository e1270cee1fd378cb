#!/usr/bin/env bash
# Every C file is as clang-format writes it.
cd "$(dirname "$0")/../.." || exit 1
git ls-files -z '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror 2>&1 | grep -E 'error:' | sed 's/error: .*/not formatted/' | sort -u | head -40
exit "${PIPESTATUS[1]}"
