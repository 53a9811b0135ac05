#!/usr/bin/env bash
# What a forwarded call costs, beside bare YARP and others that move the same bytes: bench.sh --help. How it is measured: docs/performance.md.
# bench.sh --simulate: the renewal engine of many nodes on a virtual clock, bench.sh --million: stores with a million sessions: docs/scale.md.
# Needs the .NET SDK, Node.js (to build Bff) and PostgreSQL; nginx, and Apache with mod_auth_openidc, are left out where they are not installed.
set -euo pipefail
root=$(cd "$(dirname "$0")" && pwd)
build() { (cd "$root" && dotnet "$@" -c Release --nologo -v quiet -clp:ErrorsOnly -p:RunAnalyzers=false >&2); }

case " $* " in
  *" --simulate "*)   # no Bff runs: its renewal engine does, on a virtual clock
    build build tests/Bff.Simulation
    arguments=()
    for argument; do [ "$argument" = --simulate ] || arguments+=("$argument"); done
    exec dotnet "$root/tests/Bff.Simulation/bin/Release/net10.0/Bff.Simulation.dll" ${arguments[@]+"${arguments[@]}"} ;;
esac

build build tests/Bff.Benchmarks -o artifacts/bench/tool
case " $* " in
  *" --help "* | *" -h "* | *" --chart "* | *" --pieces "* | *" --build "*) ;;   # measures no Bff, or another
  *) build publish src/Bff -o artifacts/bench/bff --use-current-runtime --self-contained false -p:PublishReadyToRun=true -p:UseAppHost=false ;;
esac
exec dotnet "$root/artifacts/bench/tool/Bff.Benchmarks.dll" --root "$root" "$@"
