#!/usr/bin/env bash
# Installs what the tests need on a Debian machine, builds, runs the tests. Ends with one line: "N passed, N failed".
# Needs the .NET SDK and Node.js; browsers, PostgreSQL, Prometheus and proxies are installed when they are missing.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'END'
Usage: ./test.sh [--quick]

  ./test.sh           all tests; on Debian it installs what is missing; containers are tried where a Docker daemon responds
  ./test.sh --quick   what to run every few minutes: no browsers, no containers, of Bff.HostTests what starts no processes of its own
  ./test.sh --help    this text

The logs of the last run are in TestResults. Exit codes: 0 all passed, 1 a test failed, 2 something is missing or does not build, 64 wrong usage.
END
}

# Step, seconds on two quiet cores, tests. What the last good run on this machine took counts more: it is in TestResults/usual.
ESTIMATES='
build               60    0
build-for-quick     30    0
Bff.Tests           60  420
bff-js               5   60
Bff.ClusterTests    40   50
Bff.HostTests      380  560
Bff.HostTests-quick 60  300
Bff.BrowserTests   600  110
containers         180   30
'

case "$#:${1-}" in
  0:) steps=(build Bff.Tests Bff.ClusterTests Bff.HostTests Bff.BrowserTests containers) ;;
  1:--quick) steps=(build-for-quick Bff.Tests bff-js Bff.HostTests-quick) ;;
  1:--help | 1:-h) usage; exit 0 ;;
  *) echo "test.sh: unknown argument: $*" >&2; usage >&2; exit 64 ;;
esac

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

if [ "$#" = 0 ]; then
  need "the browser tests" /usr/bin/chromium chromium fonts-dejavu-core
  need "the browser tests" /usr/bin/firefox-esr firefox-esr
  need "the browser tests" /usr/bin/WebKitWebDriver webkit2gtk-driver xvfb
  command -v postgres >/dev/null || need "the tests of several nodes" '/usr/lib/postgresql/*/bin/postgres' postgresql
  need "the tests of proxies in front" /usr/sbin/nginx nginx-light
  need "the tests of proxies in front" /usr/sbin/haproxy haproxy
  need "the tests of proxies in front" /usr/sbin/apache2 apache2-bin
  need "the tests of proxies in front" /usr/bin/caddy caddy
  command -v prometheus >/dev/null || need "the tests of alert rules and dashboard" /usr/bin/prometheus prometheus
  if ! docker info >/dev/null 2>&1 || ! docker compose version >/dev/null 2>&1; then
    echo "Left out: no Docker daemon with compose responds, so images and compose files are not tried."
    unset 'steps[-1]'
  fi
fi

mkdir -p TestResults
usual=TestResults/usual
touch "$usual"

# estimate STEP seconds|tests
estimate() {
  { cat "$usual"; echo "$ESTIMATES"; } | awk -v step="$1" -v column="$([ "$2" = seconds ] && echo 2 || echo 3)" '$1 == step { print $column; exit }'
}

# remember STEP SECONDS TESTS
remember() {
  { grep -v "^$1 " "$usual" || true; echo "$*"; } >"$usual.new"
  mv "$usual.new" "$usual"
}

spell() { if (($1 < 100)); then echo "$1 s"; else echo "$((($1 + 30) / 60)) min"; fi; }

child=""
trap '[ -z "$child" ] || kill "$child" 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What reports one test, and what of a log is worth nobody's time.
ONE='^((passed|failed|skipped|passed:|FAILED:) |(not )?ok [0-9])'
DULL='^(passed | *(ok [0-9]|# |TAP version|[0-9]+\.\.[0-9]|---$|\.\.\.$|(duration_ms|type|total|failed|succeeded|skipped|duration): .*$)|Test run summary|$)'

number=0 passed=0 failed=0 skipped=0 table=""

# follow STEP COMMAND…: runs it into a log, and shows what comes there and how far it is. Leaves $log, $status and $took.
follow() {
  local step=$1 started=$SECONDS told=$SECONDS shown=0 later=0 seconds tests each
  shift
  number=$((number + 1)) log=TestResults/$step.log
  seconds=$(estimate "$step" seconds) tests=$(estimate "$step" tests)
  for each in "${steps[@]:number}"; do later=$((later + $(estimate "$each" seconds))); done
  echo "== [$number of ${#steps[@]}] $step, usually $(spell "$seconds")"
  "$@" </dev/null >"$log" 2>&1 &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.5
    took=$((SECONDS - started))
    show
    if [ -t 1 ]; then
      printf '\r\033[K%s' "$(progress)"
    elif ((SECONDS - told >= 30)); then
      told=$SECONDS
      progress
    fi
  done
  status=0
  wait "$child" || status=$?
  child=""
  show
  [ ! -t 1 ] || printf '\r\033[K'
  took=$((SECONDS - started))
}

progress() {
  local left=$((later + (seconds > took ? seconds - took : 0)))
  ((tests == 0)) || printf '%s of about %s tests, ' "$(grep -cE "$ONE" "$log" || true)" "$tests"
  printf '%d:%02d' $((took / 60)) $((took % 60))
  ((took <= seconds)) || printf ', longer than usual'
  printf '; %d:%02d in all, about %s left\n' $((SECONDS / 60)) $((SECONDS % 60)) "$(spell "$left")"
}

# What is new in the log, without what went well.
show() {
  local lines news
  lines=$(wc -l <"$log")
  ((lines > shown)) || return 0
  news=$(sed -n "$((shown + 1)),${lines}p" "$log" | grep -vE "$DULL" || true)
  shown=$lines
  [ -n "$news" ] || return 0
  [ ! -t 1 ] || printf '\r\033[K'
  printf '%s\n' "$news"
}

# count STEP PASSED FAILED [SKIPPED]
count() {
  local step=$1 good=${2:-0} bad=${3:-0} out=${4:-0}
  # A step that ends without a result has crashed: that is a failure, not zero tests.
  if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$((good + out))" = 0 ]; }; then bad=1; fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + out))
  table+=$(printf '%-20s %7d %7d %8d %8d' "$step" "$good" "$bad" "$out" "$took")$'\n'
  [ "$bad" != 0 ] || remember "$step" "$took" "$((good + out))"
}

build() {
  local step=$1
  shift
  follow "$step" "$@"
  [ "$status" = 0 ] || fail "it does not build"
  table+=$(printf '%-20s %7s %7s %8s %8d' "$step" - - - "$took")$'\n'
  remember "$step" "$took" 0
}

# tests STEP PROJECT [FILTER…]
tests() {
  local step=$1 project=$2
  shift 2
  follow "$step" dotnet "tests/$project/bin/Debug/net10.0/$project.dll" --output Detailed --show-stdout Failed --show-stderr Failed --progress off --no-ansi "$@"
  result() { grep -E "^ *$1: [0-9]+" "$log" | tail -n 1 | grep -oE '[0-9]+' || true; }
  count "$step" "$(result succeeded)" "$(result failed)" "$(result skipped)"
}

sum=0
for step in "${steps[@]}"; do sum=$((sum + $(estimate "$step" seconds))); done
echo "This takes about $(spell "$sum"), as $([ -s "$usual" ] && echo "the last time here" || echo "on two quiet cores"): ${steps[*]}."

for step in "${steps[@]}"; do
  case "$step" in
    build) build "$step" dotnet build Bff.sln --nologo --verbosity quiet ;;
    build-for-quick) build "$step" dotnet build tests/Quick.slnf --nologo --verbosity quiet ;;
    bff-js)
      follow "$step" npm test --silent --prefix src/bff-js
      count "$step" "$(grep -oE '^(#|ℹ) pass [0-9]+' "$log" | grep -oE '[0-9]+')" "$(grep -oE '^(#|ℹ) fail [0-9]+' "$log" | grep -oE '[0-9]+')"
      ;;
    containers)
      follow "$step" tests/containers/run.sh
      last=$(tail -n 1 "$log")
      [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] || last=""
      count "$step" ${last:+"${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"}
      ;;
    Bff.HostTests-quick) tests "$step" Bff.HostTests --filter-not-trait Takes=long ;;
    *) tests "$step" "$step" --filter-not-trait Needs=containers Needs=eyes ;;
  esac
done

printf '\n%-20s %7s %7s %8s %8s\n%s\n' "" passed failed skipped seconds "$table"
[ "$skipped" = 0 ] && echo "$passed passed, $failed failed" || echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
