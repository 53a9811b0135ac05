#!/bin/sh
# Replaces the nodes of compose.cluster.yml one after the other, by the image and the settings that count now. A new node comes first and must be ready; then an
# old one is asked to go, and finishes what it does. When a new one does not become ready it is taken away, the rest stay as they are, and this ends with 1.
#
#   BFF_IMAGE=registry.example.com/bff:0.2.0 eng/rolling-upgrade.sh [SERVICE]      (bff)
#
# As for every compose command, COMPOSE_FILE and .env say which files count. WAIT: seconds that a node has to become ready (120).
set -eu
cd "$(dirname "$0")/.."

service=${1:-bff} wait=${WAIT:-120}

say() { echo "rolling-upgrade: $*"; }
fail() { echo "rolling-upgrade: $*" >&2; exit 1; }
nodes() { docker compose ps --quiet "$service"; }
all() { docker compose ps --all --quiet "$service"; }
health() { docker inspect --format '{{if .State.Running}}{{if .State.Health}}{{.State.Health.Status}}{{else}}without a health check{{end}}{{else}}stopped{{end}}' "$1"; }

# Of the first list, what is not in the second.
without() {
  for one in $1; do
    case " $(echo $2) " in *" $one "*) ;; *) echo "$one" ;; esac
  done
}

give_up() {
  docker logs --tail 20 "$1" >&2 2>&1 || true
  docker rm --force "$1" >/dev/null
  fail "the new node did not become ready: $2. It is gone; $(nodes | wc -l) nodes run, $3 of $count replaced."
}

old=$(nodes)
count=$(echo $old | wc -w)
[ "$count" -gt 0 ] || fail "no node of the service '$service' runs here; start it with: docker compose up --detach --wait"
[ "$count" -gt 1 ] || say "there is one node only: browsers notice when the old one goes"

# One that has been stopped would be started again in place of a new one, with its old image.
docker compose rm --force "$service" >/dev/null 2>&1 || true

replaced=0
for node in $old; do
  before=$(all)
  docker compose up --detach --no-deps --no-recreate --no-build --scale "$service=$((count + 1))" "$service" >/dev/null 2>&1 \
    || fail "docker compose could not start one more '$service'; $replaced of $count replaced. Try: docker compose up --no-recreate --scale $service=$((count + 1)) $service"
  new=$(without "$(all)" "$before")   # also one that has ended by now
  [ -n "$new" ] || fail "docker compose started no new node; $replaced of $count replaced"

  left=$wait
  while state=$(health "$new") && [ "$state" != healthy ]; do
    case "$state" in stopped | unhealthy | 'without a health check') give_up "$new" "it is $state" "$replaced" ;; esac
    [ "$left" -gt 0 ] || give_up "$new" "it is still $state after $wait s" "$replaced"
    left=$((left - 1))
    sleep 1
  done

  # The container knows its stop_grace_period.
  docker stop "$node" >/dev/null
  docker rm "$node" >/dev/null
  replaced=$((replaced + 1))
  say "$replaced of $count replaced"
done
