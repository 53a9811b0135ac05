#!/usr/bin/env bash
# Runs Bff against real providers nobody here wrote: sign-in, a call, three renewals, silent sign-in, sign-out. `tests/providers/run.sh [name…]`; without a name, all. oidc-provider:dpop binds tokens to keys.
# Ends with one line: "N passed, N failed". Needs Node.js, npm, and Bff built (dotnet build src/Bff). Takes free ports; writes to temporary folders and node_modules only.
set -euo pipefail
cd "$(dirname "$0")"

bff=$(ls -t ../../src/Bff/bin/*/net*/Bff.dll 2>/dev/null | head -n 1)
[ -n "$bff" ] || { echo "run.sh: build Bff first: dotnet build src/Bff" >&2; exit 2; }
[ $# -gt 0 ] || set -- $(dirname */provider.mjs) oidc-provider:dpop

passed=0 failed=0
for name in "$@"; do
  folder=${name%%:*}
  [ -f "$folder/provider.mjs" ] || { echo "run.sh: there is no provider '$name'" >&2; exit 2; }
  log=$(mktemp)
  if ! { [ -d "$folder/node_modules" ] || (cd "$folder" && npm ci --silent); }; then
    echo "FAILED: $name: npm ci" | tee "$log"
  else
    timeout 300 node drive.mjs "$name" "$(realpath "$bff")" 2>&1 | tee "$log" || true
  fi
  if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  else
    failed=$((failed + 1))
  fi
  rm -f "$log"
done

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
