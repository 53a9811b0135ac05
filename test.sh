#!/usr/bin/env bash
# Installs what the tests need on a Debian machine, builds, runs the tests. Ends with one line: "N passed, N failed".
# Needs the .NET SDK and Node.js; browsers, PostgreSQL, Redis, Prometheus and proxies are installed when they are missing.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'END'
Usage: ./test.sh [--quick]

  ./test.sh           all tests; on Debian it installs what is missing; containers are tried where a Docker daemon responds
  ./test.sh --quick   what to run every few minutes: no browsers, no containers, of Bff.HostTests sign-in and sign-out, sessions, renewal, forwarding
  ./test.sh --help    this text

The logs of the last run are in TestResults. Exit codes: 0 all passed, 1 a test failed, 2 something is missing or does not build, 64 wrong usage.
END
}

# Step, seconds on two quiet cores, tests. What the last good run on this machine took counts more: it is in TestResults/usual.
ESTIMATES='
build              140     0
build-for-quick     40     0
Bff.Tests           65   940
bff-js               5    77
Bff.ClusterTests   330   490
Bff.HostTests      380  1330
Bff.HostTests-quick 90   540
build-programs      55     0
release             10     1
Bff.BrowserTests   600   133
bench              110     1
containers         180    35
'

# The steps of a lane run one after the other, lanes side by side. Two cores are kept busy by most steps, which side by side would only take turns; the tests of
# several nodes wait more than they compute, and are done long before anything is measured. The programs that are built beside the first tests are there long
# before the browser tests need them.
case "$#:${1-}" in
  0:) build=build lanes=("Bff.Tests Bff.HostTests Bff.BrowserTests bench containers" "build-programs release Bff.ClusterTests") ;;
  1:--quick) build=build-for-quick lanes=("Bff.Tests" "bff-js Bff.HostTests-quick") ;;
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
  need "the browser tests" /usr/bin/chromium-headless-shell chromium-headless-shell fonts-dejavu-core
  need "the browser tests" /usr/bin/firefox-esr firefox-esr
  need "the browser tests" /usr/bin/WebKitWebDriver webkit2gtk-driver xvfb
  command -v postgres >/dev/null || need "the tests of several nodes" '/usr/lib/postgresql/*/bin/postgres' postgresql
  need "the tests of several nodes" /usr/bin/redis-server redis-server
  need "the tests of several nodes" /usr/bin/redis-cli redis-tools
  need "the tests of proxies in front" /usr/sbin/nginx nginx-light
  need "the tests of proxies in front" /usr/sbin/haproxy haproxy
  need "the tests of proxies in front" /usr/sbin/apache2 apache2-bin
  need "the tests of proxies in front" /usr/bin/caddy caddy
  command -v prometheus >/dev/null || need "the tests of alert rules and dashboard" /usr/bin/prometheus prometheus
  if ! docker info >/dev/null 2>&1 || ! docker compose version >/dev/null 2>&1; then
    echo "Left out: no Docker daemon with compose responds, so images and compose files are not tried."
    lanes[0]=${lanes[0]% containers}
  fi
fi

mkdir -p TestResults
usual=TestResults/usual programs=TestResults/programs
touch "$usual"

# estimate STEP seconds|tests
estimate() {
  { cat "$usual"; echo "$ESTIMATES"; } | awk -v step="$1" -v column="$([ "$2" = seconds ] && echo 2 || echo 3)" '$1 == step && !found++ { print $column }'
}

# remember STEP SECONDS TESTS
remember() {
  { grep -v "^$1 " "$usual" || true; echo "$*"; } >"$usual.new"
  mv "$usual.new" "$usual"
}

spell() { if (($1 < 100)); then echo "$1 s"; else echo "$((($1 + 30) / 60)) min"; fi; }

# seconds STEP…: of all of them together.
seconds() {
  local step sum=0
  for step in "$@"; do sum=$((sum + $(estimate "$step" seconds))); done
  echo "$sum"
}

declare -A child=() started=() shown=()
passed=0 failed=0 skipped=0 table="" current=()

# Each step is a process group: what it started ends with it.
trap 'for step in "${!child[@]}"; do kill -- "-${child[$step]}" 2>/dev/null || true; done; wait' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# tests PROJECT [FILTER…]
tests() {
  local project=$1
  shift
  exec dotnet "tests/$project/bin/Debug/net10.0/$project.dll" --output Detailed --show-stdout Failed --show-stderr Failed --progress off --no-ansi "$@"
}

perform() {
  case "$1" in
    # With the compiler's server, whatever the environment says: it is the same compiler for twelve projects.
    build)
      dotnet build Bff.sln -p:UseSharedCompilation=true --nologo --verbosity quiet -consoleLoggerParameters:NoSummary || return
      dotnet build-server shutdown --vbcscompiler >/dev/null || true
      ;;
    build-for-quick) exec dotnet build tests/Quick.slnf --nologo --verbosity quiet -consoleLoggerParameters:NoSummary ;;
    bff-js) exec npm test --silent --prefix src/bff-js ;;
    containers) exec tests/containers/run.sh ;;
    bench) exec dotnet tests/Bff.Benchmarks/bin/Debug/net10.0/Bff.Benchmarks.dll --root . --build "$programs/Bff" --quick ;;
    release) exec eng/release.sh --dry-run --published "$programs/Bff" ;;
    Bff.HostTests-quick) tests Bff.HostTests --filter-class Bff.HostTests.{Renewal,Sessions,Forwarding}.'*' '*'.{SignIn,Logout,Callback,Events,User}Tests ;;
    # As a release has them, compiled ahead of time: the browser tests start them some hundred times.
    build-programs)
      local program
      for program in Bff DevStack SpaStatic; do
        dotnet publish "src/$program" --use-current-runtime --self-contained false -p:PublishReadyToRun=true -p:UseAppHost=false -p:DevStackAlone=true \
          -p:RunAnalyzers=false -o "$programs/$program" --nologo --verbosity quiet || return
      done
      ;;
    # The programs they start live for seconds, in which compiling a method twice does not pay.
    Bff.BrowserTests)
      export BFF_PROGRAMS=$programs DOTNET_TieredPGO=0 DOTNET_TC_CallCounting=0
      tests "$1" --filter-not-trait Needs=containers Needs=eyes
      ;;
    *) tests "$1" --filter-not-trait Needs=containers Needs=eyes ;;
  esac
}

log() { echo "TestResults/$1.log"; }

begin() {
  started[$1]=$SECONDS shown[$1]=0
  : >"$(log "$1")"
  set -m
  perform "$1" </dev/null >"$(log "$1")" 2>&1 &
  set +m
  child[$1]=$!
}

# What reports one test, and what of a log is worth nobody's time.
ONE='^((passed|failed|skipped|passed:|FAILED:) |(not )?ok [0-9])'
DULL='^(passed | *(ok [0-9]|# |TAP version|[0-9]+\.\.[0-9]|---$|\.\.\.$|(duration_ms|type|total|failed|succeeded|skipped|duration): .*$)|Test run summary|$)'

# What is new in a log, without what went well.
show() {
  local lines news
  lines=$(wc -l <"$(log "$1")")
  ((lines > shown[$1])) || return 0
  news=$(sed -n "$((shown[$1] + 1)),${lines}p" "$(log "$1")" | grep -vE "$DULL" || true)
  shown[$1]=$lines
  [ -n "$news" ] || return 0
  [ ! -t 1 ] || printf '\r\033[K'
  printf '== %s\n%s\n' "$1" "$news"
}

# The last number that a log has after WORD.
number() { grep -oE "$2:? [0-9]+" "$(log "$1")" | tail -n 1 | grep -oE '[0-9]+' | tail -n 1 || true; }

finish() {
  local step=$1 status=0 good bad out=0 took
  wait "${child[$step]}" || status=$?
  unset "child[$step]"
  took=$((SECONDS - started[$step]))
  show "$step"
  case "$step" in
    build*)
      [ "$status" = 0 ] || fail "it does not build"
      remember "$step" "$took" 0
      return
      ;;
    bff-js) good=$(number "$step" '^(#|ℹ) pass') bad=$(number "$step" '^(#|ℹ) fail') ;;
    bench | release) good=$((status == 0)) bad=$((status != 0)) ;;
    containers) good=$(tail -n 1 "$(log "$step")" | grep -oE '^[0-9]+ passed' || true) bad=$(number "$step" '[0-9]+ passed,') ;;
    *) good=$(number "$step" '^ *succeeded') bad=$(number "$step" '^ *failed') out=$(number "$step" '^ *skipped') ;;
  esac
  good=${good%% *} good=${good:-0} bad=${bad:-0} out=${out:-0}
  # A step that ends without a result has crashed: that is a failure, not zero tests.
  if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$((good + out))" = 0 ]; }; then bad=1; fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + out))
  table+=$(printf '%-20s %7d %7d %8d %8d' "$step" "$good" "$bad" "$out" "$took")$'\n'
  [ "$bad" != 0 ] || remember "$step" "$took" "$((good + out))"
}

# How far each lane is, and how much is left of the longest.
progress() {
  local lane step tests took left rest longest=0
  for lane in "${!lanes[@]}"; do
    step=${current[lane]}
    [ -n "$step" ] || continue
    tests=$(estimate "$step" tests) took=$((SECONDS - started[$step]))
    left=$(($(estimate "$step" seconds) - took)) rest=$(seconds ${lanes[lane]})
    rest=$((rest + (left > 0 ? left : 0)))
    ((rest <= longest)) || longest=$rest
    if ((tests > 0)); then printf '%s %s of about %s, ' "$step" "$(grep -cE "$ONE" "$(log "$step")" || true)" "$tests"; else printf '%s, ' "$step"; fi
  done
  printf '%d:%02d so far, about %s left\n' $((SECONDS / 60)) $((SECONDS % 60)) "$(spell $((longest + later)))"
}

run() {
  local lane step busy=1 told=$SECONDS
  while [ -n "$busy" ]; do
    busy=""
    for lane in "${!lanes[@]}"; do
      step=${current[lane]-}
      if [ -n "$step" ] && ! kill -0 "${child[$step]}" 2>/dev/null; then
        finish "$step"
        step=""
      fi
      if [ -z "$step" ] && [ -n "${lanes[lane]}" ]; then
        step=${lanes[lane]%% *} lanes[lane]=${lanes[lane]#"$step"}
        lanes[lane]=${lanes[lane]# }
        begin "$step"
      fi
      current[lane]=$step
      [ -z "$step" ] || { busy=1 && show "$step"; }
    done
    if [ -t 1 ]; then
      printf '\r\033[K%s' "$(progress)"
    elif [ -n "$busy" ] && ((SECONDS - told >= 30)); then
      told=$SECONDS
      progress
    fi
    [ -z "$busy" ] || sleep 0.5
  done
  [ ! -t 1 ] || printf '\r\033[K'
}

later=0
for lane in "${lanes[@]}"; do
  sum=$(seconds $lane)
  ((sum <= later)) || later=$sum
done
echo "This takes about $(spell $((later + $(seconds $build)))), as $([ -s "$usual" ] && echo "the last time here" || echo "on two quiet cores"): $build, then$([ "${#lanes[@]}" = 1 ] || echo " side by side")"
for lane in "${lanes[@]}"; do
  list=""
  for step in $lane; do list+=", $step $(spell "$(seconds "$step")")"; done
  echo "  ${list#, }"
done

tested=("${lanes[@]}") lanes=("$build")
run
later=0 lanes=("${tested[@]}")
run

printf '\n%-20s %7s %7s %8s %8s\n%s%-20s %7d %7d %8d %8d\n\n' "" passed failed skipped seconds "$table" "all, with the build" $passed $failed $skipped $SECONDS
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
