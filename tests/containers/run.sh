#!/usr/bin/env bash
# Checks the compose files, builds the images and runs docker-compose.yml for real, with each session store: up, a browser signs in through the published
# ports, down, up again. Ends with one line: "N passed, N failed". Needs Docker with compose, Chromium, and the tests built (dotnet build Bff.sln).
# Then debian.sh does the same for the Debian package. The ports 3001, 3002, 5000 and 5001 must be free. Project, volumes and settings are its own: a demo's data and a .env file stay untouched.
set -euo pipefail
cd "$(dirname "$0")/../.."

export COMPOSE_PROJECT_NAME=bff-test COMPOSE_ENV_FILES=/dev/null DEMO_TOKEN_LIFETIME=00:00:10
unset COMPOSE_FILE COMPOSE_PROFILES SESSION_STORE
scratch=$(mktemp -d)
. tests/containers/check.sh

finish() {
  docker compose --profile '*' down --volumes --timeout 10 >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap finish EXIT

own_settings() {
  docker compose --env-file .env.example "$@"
}

production_settings() {
  BFF_IMAGE=bff:local own_settings -f docker-compose.yml -f compose.production.yml "$@"
}

# What everybody knows from this repository may not come along.
production_has_nothing_of_the_demo() {
  production_settings --profile postgres --profile observability config --no-path-resolution >"$scratch/production.yml"
  ! grep -E 'deploy/demo|demo-only|demo-api|localhost:5001|provider:5001|api:5002|Development' "$scratch/production.yml"
}

# Each variable that names a secret, forgotten: compose stops, or the file is not the demo's.
production_has_no_default_secret() {
  local variable
  for variable in OIDC_CLIENT_SECRET_FILE OPS_TOKEN_FILE SESSION_STORE_FILE POSTGRES_PASSWORD_FILE GRAFANA_PASSWORD_FILE; do
    grep -v "^$variable=" .env.example >"$scratch/forgotten.env"
    ! BFF_IMAGE=bff:local docker compose --env-file "$scratch/forgotten.env" -f docker-compose.yml -f compose.production.yml --profile '*' config 2>/dev/null \
      | grep 'deploy/demo' || { echo "without $variable"; return 1; }
  done
}

hardened() {
  local image
  for image in bff bff-spa bff-devstack; do
    docker image inspect "$image:local" --format '{{.Config.User}} {{json .Config.Healthcheck.Test}} {{index .Config.Labels "org.opencontainers.image.licenses"}}' >"$scratch/image"
    grep -qE '^[1-9][0-9]* \["CMD","dotnet",.*"health".*\] MIT$' "$scratch/image" || { echo "$image: $(cat "$scratch/image")"; return 1; }
  done
}

all_healthy() {
  docker compose ps --all --format '{{.Service}} {{.Health}}' | tee "$scratch/health"
  [ -s "$scratch/health" ] && ! grep -vq ' healthy$' "$scratch/health"
}

uses_postgres() {
  docker compose exec -T postgres psql --username=bff --dbname=bff --tuples-only --command='SELECT count(*) FROM sessions' | grep -qE '[1-9]'
}

browser_tests() {
  BFF_COMPOSE=1 timeout 300 dotnet test --project tests/Bff.BrowserTests --no-build --filter-trait Needs=containers --parallel none "$@"
}

run_with() {
  local store=$1
  check "$store: every service is up and healthy" docker compose up --detach --wait --wait-timeout 180 || { docker compose logs --tail 40; return 0; }
  check "$store: compose says so too" all_healthy || true
  check "$store: a user signs in, sees renewals, and stays signed in through down and up and a new container" browser_tests || docker compose logs --tail 60
  [ "$store" = SQLite ] || check "$store: the sessions are in PostgreSQL" uses_postgres || true
  docker compose down --volumes --timeout 10 >/dev/null 2>&1
}

# One line for each call that was not answered 200, until the file is gone.
call_on_and_on() {
  local status
  touch "$scratch/calling"
  : >"$scratch/calls" >"$scratch/failed"
  while [ -e "$scratch/calling" ]; do
    status=$(curl --silent --output /dev/null --max-time 10 --header 'X-CSRF: 1' --write-out '%{http_code}' http://localhost:3001/api/public || true)
    echo "$status" >>"$scratch/calls"
    [ "$status" = 200 ] || echo "$(date +%T) $status" >>"$scratch/failed"
    sleep 0.05
  done
}

node_count_is() {
  [ "$(docker compose ps --quiet bff | wc -l)" = "$1" ] || { docker compose ps bff; return 1; }
}

each_node_has_an_ops_port() {
  local port
  docker compose ps --format '{{range .Publishers}}{{if .PublishedPort}}{{println .PublishedPort}}{{end}}{{end}}' bff | grep . | sort -u >"$scratch/ports"
  [ "$(wc -l <"$scratch/ports")" = 3 ] || { cat "$scratch/ports"; return 1; }
  while read -r port; do curl --fail --silent "http://127.0.0.1:$port/readyz" >/dev/null || return 1; done <"$scratch/ports"
}

# Docker does not start again what was killed by its own command.
kill_a_node() {
  docker kill --signal KILL "$(docker compose ps --quiet bff | head -n 1)"
}

# Production takes neither the demo's secret nor its provider.
upgrade_that_fails() {
  local before
  before=$(docker compose ps --quiet bff | sort)
  ! BFF_ENVIRONMENT=Production WAIT=40 eng/rolling-upgrade.sh >"$scratch/upgrade" 2>&1 || return 1
  cat "$scratch/upgrade"
  grep -q 'rolling-upgrade: the new node did not become ready' "$scratch/upgrade"
  [ "$(docker compose ps --quiet bff | sort)" = "$before" ]
}

calls_failed_none() {
  [ "$(wc -l <"$scratch/calls")" -gt 100 ] && [ ! -s "$scratch/failed" ] || { wc -l "$scratch/calls"; head -n 20 "$scratch/failed"; return 1; }
}

run_cluster() {
  local caller
  # A stand-in where no registry can be reached: Debian's own HAProxy.
  if ! docker image inspect haproxy:3.2 >/dev/null 2>&1 && docker image inspect local/debian:bookworm >/dev/null 2>&1; then
    docker build --quiet --build-arg BASE=local/debian:bookworm --tag bff-test-haproxy:local tests/containers/haproxy >/dev/null
    export HAPROXY_IMAGE=bff-test-haproxy:local
  fi
  check "three nodes: all are up and healthy behind the balancer" docker compose up --detach --wait --wait-timeout 180 \
    || { docker compose logs --tail 40; return 0; }
  check "three nodes: there are three, each with an ops port" each_node_has_an_ops_port || true
  check "three nodes: a user signs in, sees renewals, and stays signed in through down and up" browser_tests --filter-method '*A_user_signs_in*' \
    || docker compose logs --tail 60
  call_on_and_on &
  caller=$!
  check "three nodes: one is killed" kill_a_node || true
  check "three nodes: scaled to five" docker compose up --detach --wait --no-recreate --scale bff=5 || true
  check "five nodes: there are five" node_count_is 5 || true
  check "five nodes: one after the other is replaced" eng/rolling-upgrade.sh || true
  check "five nodes: there are five again" node_count_is 5 || true
  check "five nodes: an upgrade that cannot start replaces none, and says so" upgrade_that_fails || true
  rm -f "$scratch/calling"
  wait "$caller"
  check "through all of it, no call failed" calls_failed_none || true
  docker compose down --volumes --timeout 10 >/dev/null 2>&1
}

check "docker-compose.yml is clean" docker compose config --quiet || true
for profile in postgres observability '*'; do
  check "docker-compose.yml is clean with profile $profile" docker compose --profile "$profile" config --quiet || true
done
check "docker-compose.yml is clean with .env.example" own_settings config --quiet || true
check "compose.cluster.yml is clean" docker compose -f docker-compose.yml -f compose.cluster.yml config --quiet || true
check "compose.production.yml is clean" production_settings --profile '*' config --quiet || true
check "compose.production.yml leaves the demo out" production_has_nothing_of_the_demo || true
check "compose.production.yml has no default for a secret" production_has_no_default_secret || true
if command -v promtool >/dev/null; then
  check "prometheus.yml is clean" promtool check config --syntax-only deploy/prometheus/prometheus.yml || true
else
  echo "left out: prometheus.yml, promtool is not installed"
fi

if check "the images build" docker compose build; then
  check "the images run as nobody in particular, know their health and say their licence" hardened || true
  run_with SQLite
  export SESSION_STORE=PostgreSql COMPOSE_PROFILES=postgres
  run_with PostgreSQL
  unset SESSION_STORE COMPOSE_PROFILES
  # Four minutes: by hand, as the long tests of running nodes are (CONTRIBUTING.md).
  if [ -n "${BFF_CLUSTER_ROUNDS-}" ]; then
    COMPOSE_FILE=docker-compose.yml:compose.cluster.yml
    export COMPOSE_FILE
    run_cluster
    unset COMPOSE_FILE
  else
    echo "left out: several nodes with compose, which take four minutes; BFF_CLUSTER_ROUNDS=1 tries them, too"
  fi
fi

# The Debian package, on a machine of its own.
tests/containers/debian.sh 2>&1 | tee "$scratch/debian" || true
if [[ $(tail -n 1 "$scratch/debian") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
  passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
else
  failed=$((failed + 1))
fi

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
