#!/usr/bin/env bash
# Installs what the tests need on a Debian machine, builds everything, runs all tests.
# Ends with one line: "N passed, N failed". Needs the .NET SDK and Node.js; browsers, PostgreSQL, Prometheus and proxies are installed when they are missing.
# The containers are tried where a Docker daemon answers.
set -euo pipefail
cd "$(dirname "$0")"

fail() { echo "test.sh: $*" >&2; exit 2; }
command -v dotnet >/dev/null || fail "the .NET SDK is missing: install the version global.json names"
command -v npm >/dev/null || fail "npm is missing: install Node.js 20 or newer"

install() {
  local root=""
  [ "$(id -u)" = 0 ] || root=sudo
  $root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# need WHAT-FOR PATH-PATTERN PACKAGE…: installs the packages when nothing is at the path.
need() {
  local purpose=$1 path=$2
  shift 2
  compgen -G "$path" >/dev/null && return
  command -v apt-get >/dev/null || fail "$path is missing and there is no apt-get to install it (Debian: $*)"
  echo "Installing $* for $purpose"
  install "$@"
}

need "the browser tests" /usr/bin/chromium chromium fonts-dejavu-core
need "the browser tests" /usr/bin/firefox-esr firefox-esr
need "the browser tests" /usr/bin/WebKitWebDriver webkit2gtk-driver xvfb
command -v postgres >/dev/null || need "the tests of several nodes" '/usr/lib/postgresql/*/bin/postgres' postgresql
need "the tests of proxies in front" /usr/sbin/nginx nginx-light
need "the tests of proxies in front" /usr/sbin/haproxy haproxy
need "the tests of proxies in front" /usr/sbin/apache2 apache2-bin
need "the tests of proxies in front" /usr/bin/caddy caddy
command -v prometheus >/dev/null || need "the tests of alert rules and dashboard" /usr/bin/prometheus prometheus

echo "Building"
dotnet build Bff.sln --nologo --verbosity quiet

passed=0 failed=0 skipped=0
for project in tests/Bff.Tests tests/Bff.ClusterTests tests/Bff.HostTests tests/Bff.BrowserTests; do
  echo "== $project"
  log=$(mktemp)
  dotnet test --project "$project" --no-build --filter-not-trait Needs=containers Needs=eyes 2>&1 | tee "$log" || true
  count() { grep -E "^ *$1: [0-9]+" "$log" | tail -n 1 | grep -oE '[0-9]+' || echo 0; }
  # A project that ends without a summary has crashed: that is a failure, not zero tests.
  grep -qE '^ *total: [1-9]' "$log" || failed=$((failed + 1))
  passed=$((passed + $(count succeeded))) failed=$((failed + $(count failed))) skipped=$((skipped + $(count skipped)))
  rm -f "$log"
done

echo "== tests/containers"
if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then
  log=$(mktemp)
  tests/containers/run.sh 2>&1 | tee "$log" || true
  if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  else
    failed=$((failed + 1))
  fi
  rm -f "$log"
else
  echo "Left out: no Docker daemon with compose answers, so images and compose files were not tried."
fi

echo "== bench.sh --quick"
if ./bench.sh --quick; then passed=$((passed + 1)); else failed=$((failed + 1)); fi

echo
[ "$skipped" = 0 ] && echo "$passed passed, $failed failed" || echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
