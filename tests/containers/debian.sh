#!/usr/bin/env bash
# Builds the Debian package and tries it as an administrator would, on a Debian machine with systemd (a container): installed, configured, started, a browser
# signs in, upgraded, removed, purged. Ends with one line: "N passed, N failed". Needs Docker, Chromium and the tests built (dotnet build Bff.sln).
# The demo's provider, API and page, and the browser, run here but on the machine's network, so that all of them are "localhost" and no port of this machine
# is taken. That needs root and nsenter.
#
#   tests/containers/debian.sh [FOLDER-WITH-THE-PACKAGE]      (built when none is given)
set -euo pipefail
cd "$(dirname "$0")/../.."

machine=bff-test-debian scratch=$(mktemp -d)
demo=()
. tests/containers/check.sh

finish() {
  docker rm --force "$machine" >/dev/null 2>&1 || true
  [ ${#demo[@]} = 0 ] || kill "${demo[@]}" 2>/dev/null || true
  rm -rf "$scratch"
  echo
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
trap finish EXIT

inside() { nsenter --target "$(docker inspect --format '{{.State.Pid}}' "$machine")" --net -- "$@"; }
inside_exec() { exec nsenter --target "$(docker inspect --format '{{.State.Pid}}' "$machine")" --net -- "$@"; }
on() { docker exec "$machine" "$@"; }
say() { on sh -c "$1"; }

build_package() {
  eng/release.sh --output "$scratch/release" --runtime linux-x64
}

# The same files as a later version.
make_upgrade() {
  dpkg-deb -R "$package" "$scratch/next"
  sed -i "s/^Version: .*/Version: $later/" "$scratch/next/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip -z1 --build "$scratch/next" "$scratch/packages/bff-later.deb"
}

start_machine() {
  local base=debian:bookworm-slim
  ! docker image inspect local/debian:bookworm >/dev/null 2>&1 || base=local/debian:bookworm
  docker build --build-arg "BASE=$base" --tag bff-test-debian:local tests/containers/debian
  docker run --detach --name "$machine" --privileged --cgroupns private --volume /sys/fs/cgroup:/sys/fs/cgroup:rw \
    --tmpfs /run --tmpfs /tmp --volume "$scratch/packages:/packages:ro" bff-test-debian:local
  for _ in $(seq 100); do
    case $(on systemctl is-system-running 2>/dev/null) in running|degraded) return 0 ;; esac
    sleep 0.3
  done
  docker logs "$machine"
  return 1
}

start_demo() {
  local program=src/DevStack/bin/Debug/net10.0/DevStack.dll
  (cd src/DevStack && DevStack__Issuer=http://localhost:5001 DevStack__DataDirectory="$scratch/provider" inside_exec dotnet ../../$program provider) >"$scratch/provider.log" 2>&1 &
  demo+=($!)
  (cd src/DevStack && DevStack__Authority=http://localhost:5001 inside_exec dotnet ../../$program api) >"$scratch/api.log" 2>&1 &
  demo+=($!)
  (cd src/SpaStatic && inside_exec dotnet bin/Debug/net10.0/SpaStatic.dll) >"$scratch/spa.log" 2>&1 &
  demo+=($!)
  local url
  for url in http://localhost:5001/.well-known/openid-configuration http://localhost:5002/api/public http://localhost:5000/; do
    inside curl --silent --fail --output /dev/null --retry 180 --retry-delay 1 --retry-all-errors "$url" || { tail -n 20 "$scratch"/*.log; return 1; }
  done
}

install_package() { on apt-get install --yes --no-install-recommends --allow-downgrades "/packages/$1"; }

installed_as_documented() {
  say '
    set -eux
    [ "$(stat -c "%U:%G %a" /etc/bff)" = "root:bff 750" ]
    [ "$(stat -c "%U:%G %a" /etc/bff/bff.json)" = "root:bff 640" ]
    [ "$(stat -c "%U:%G %a" /var/lib/bff)" = "bff:bff 700" ]
    getent passwd bff | grep -q ":/var/lib/bff:.*nologin"
    bff --version
    ! systemctl is-active bff
    systemd-analyze verify bff.service'
}

# The demo's provider instead of the example's; its secret is known to everybody, so it counts in Development only.
configure() {
  docker cp tests/containers/debian/bff.json "$machine:/etc/bff/bff.json"
  say '
    set -eu
    chown root:bff /etc/bff/bff.json && chmod 640 /etc/bff/bff.json
    printf demo-only-not-a-secret | install -m 0400 -o bff /dev/stdin /etc/bff/client-secret
    echo DOTNET_ENVIRONMENT=Development > /etc/default/bff'
}

# As the documentation says: as the unit's user. Only the demo's secret needs more.
checks() { on env DOTNET_ENVIRONMENT=Development runuser -u bff -- bff check --config /etc/bff/bff.json; }

starts() {
  on systemctl enable --now bff
  [ "$(on systemctl is-active bff)" = active ]     # Type=notify: it has said that it listens
  on curl --silent --fail http://localhost:3002/readyz
}

restarts_after_a_crash() {
  local before after
  before=$(on systemctl show --property MainPID --value bff)
  on systemctl kill --kill-whom=main --signal=KILL bff
  for _ in $(seq 60); do
    after=$(on systemctl show --property MainPID --value bff)
    if [ "$after" != 0 ] && [ "$after" != "$before" ] && on curl --silent --fail --output /dev/null http://localhost:3002/readyz; then return 0; fi
    sleep 0.5
  done
  return 1
}

# Exit code 78: started again, it would only fail again.
stays_down_with_a_mistake() {
  say 'cp -p /etc/bff/bff.json /root/right.json && sed -i "s/\"ClientId\": \"bff\"/\"ClientId\": \"\"/" /etc/bff/bff.json'
  ! on systemctl restart bff || return 1
  sleep 3
  on systemctl status bff || true
  [ "$(on systemctl is-active bff)" = failed ] || return 1
  on journalctl --unit bff --lines 20 --output cat | grep 'Bff:Oidc:ClientId' || return 1
  say 'cp -p /root/right.json /etc/bff/bff.json && systemctl reset-failed bff && systemctl start bff'
}

# A warning is a warning in the journal, too, and nothing is printed twice.
journal_knows_priorities() {
  on journalctl --unit bff --output json --no-pager | jq -s 'map(select(._COMM == "Bff" or ._COMM == "bff")) | group_by(.PRIORITY) | map({ priority: .[0].PRIORITY, lines: length, example: .[0].MESSAGE })' | tee "$scratch/priorities"
  jq -e 'any(.priority == "6") and all(.example | startswith("<") | not)' "$scratch/priorities"
}

confined() {
  on systemd-analyze security bff --no-pager | tee "$scratch/security" | tail -n 1
  local exposure
  exposure=$(sed -n 's/.*exposure level for bff.service: \([0-9]*\)\.[0-9].*/\1/p' "$scratch/security")
  [ "$exposure" -le 2 ]
}

browser_signs_in_and_is_upgraded() {
  BFF_PACKAGE_MACHINE=$machine inside timeout 200 dotnet test --project tests/Bff.BrowserTests --no-build --filter-class '*PackageTests'
}

is_the_later_version() {
  [ "$(on dpkg-query --show --showformat '${Version}' bff)" = "$later" ] && [ "$(on systemctl is-active bff)" = active ]
}

removed() {
  on apt-get remove --yes bff
  say '! systemctl is-active bff && ! test -e /usr/bin/bff && ! test -e /usr/lib/bff && test -s /etc/bff/bff.json && test -s /var/lib/bff/bff.db'
  ! on curl --silent --output /dev/null http://localhost:3001/
}

purged() {
  on apt-get purge --yes bff
  say '! test -e /etc/bff && ! test -e /var/lib/bff && ! getent passwd bff && ! systemctl cat bff'
}

mkdir -p "$scratch/packages"
if [ $# -gt 0 ]; then cp -r "$1" "$scratch/release"; else check "the package is built" build_package || exit; fi
package=$(echo "$scratch"/release/bff_*_amd64.deb)
version=$(dpkg-deb --field "$package" Version) later=$version+later
cp "$package" "$scratch/packages/bff.deb"
check "a later package is made" make_upgrade || exit
if [ "$(id -u)" != 0 ] || ! command -v nsenter >/dev/null; then
  echo "left out: the Debian package, which wants root and nsenter to be tried"
  exit
fi
if ! start_machine >"$scratch/machine.log" 2>&1; then
  tail -n 20 "$scratch/machine.log"
  echo "left out: the Debian package, since systemd does not run in a container here"
  exit
fi
check "the demo's provider, API and page run" start_demo || exit
check "the package installs" install_package bff.deb || exit
check "user, folders and modes are as documented, nothing runs yet, the unit is clean" installed_as_documented || true
check "it is configured in /etc/bff/bff.json" configure || true
check "bff check, as documented, is content" checks || true
check "systemd starts it and is told that it listens" starts || { on journalctl --unit bff --no-pager --lines 60; exit; }
check "the unit is confined (systemd-analyze security: at most 2.9)" confined || true
check "the journal has priorities" journal_knows_priorities || true
check "a crash is followed by a start" restarts_after_a_crash || true
check "a browser signs in, and is still signed in after an upgrade" browser_signs_in_and_is_upgraded || on journalctl --unit bff --no-pager --lines 60
check "the later version runs" is_the_later_version || true
check "a mistake in the configuration is named and not tried again and again" stays_down_with_a_mistake || true
check "removed: nothing runs, settings and sessions are kept" removed || true
check "purged: nothing is left" purged || true
