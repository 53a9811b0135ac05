#!/usr/bin/env bash
# What a forwarded call costs, beside bare YARP and others that move the same bytes: bench.sh --help. How it is measured: docs/performance.md.
# Needs the .NET SDK, Node.js and, for the rows on it, PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")"

build=artifacts/bench
dotnet publish src/Bff -c Release --nologo -v quiet -clp:ErrorsOnly -o "$build/bff" --self-contained false -p:UseAppHost=false -p:RunAnalyzers=false >&2
dotnet build tests/Bff.Benchmarks -c Release --nologo -v quiet -clp:ErrorsOnly -o "$build/tool" -p:RunAnalyzers=false >&2
exec dotnet "$build/tool/Bff.Benchmarks.dll" --build "$build/bff" "$@"
