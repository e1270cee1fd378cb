#!/usr/bin/env bash
# Shell scripts parse; no file names a place of one machine.
cd "$(dirname "$0")/../.." || exit 1
status=0
for file in packaging/quickstart tests/run .ci/run; do bash -n "$file" || status=1; done
if git grep -nE '/work/|/home/[a-z]+/|registry\.npm' -- . ':!*.png' ':!tests/lint/check_shell.sh'; then status=1; fi
exit $status
