#!/usr/bin/env bash
# Do the tests notice? Each patch in eng/mutations takes one defence out of the last commit, in a copy of it; the test that the patch names must fail then, and
# must have passed before. Ends with one line, "N passed, N failed". A quarter of an hour for all of them on two cores.
#
#   eng/mutate.sh [NAME]...     all of eng/mutations, or those named, as 'eng/mutate.sh csrf-header nonce'
#   eng/mutate.sh --list
#
# Needs what the tests need: the .NET SDK and Node.js.
set -euo pipefail
cd "$(dirname "$0")/.."

field() { sed -n "s/^$1: //p" "eng/mutations/$2.patch"; }

names=()
for argument in "$@"; do
  case $argument in
    --list)
      for name in $(basename -a -s .patch eng/mutations/*.patch); do printf '%-24s %-10s %s\n' "$name" "$(field Line "$name")" "$(field Without "$name")"; done
      exit 0
      ;;
    -h|--help) awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"; exit 0 ;;
    *)
      [ -f "eng/mutations/$argument.patch" ] || { echo "mutate.sh: there is no eng/mutations/$argument.patch; see --list" >&2; exit 64; }
      names+=("$argument")
      ;;
  esac
done
[ ${#names[@]} -gt 0 ] || names=($(basename -a -s .patch eng/mutations/*.patch))

scratch=$(mktemp -d)
copy=$scratch/copy
finish() {
  git worktree remove --force "$copy" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap finish EXIT
git worktree add --quiet --detach "$copy" HEAD

build() {
  dotnet build "$copy/tests/$1" --nologo -v quiet -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false >"$scratch/build.log" 2>&1 && return
  tail -n 20 "$scratch/build.log"
  return 1
}

# The runner's exit code: 0 all passed, 2 a test failed, 8 there is no such test. A change may make a test wait for what never comes.
run() { # PROJECT CLASS.METHOD
  timeout 300 "$copy/tests/$1/bin/Debug/net10.0/$1" --filter-method "*.$2" --progress off --no-ansi >"$scratch/test.log" 2>&1
}

projects=$(for name in "${names[@]}"; do field Test "$name" | cut -d' ' -f1; done | sort -u)
for project in $projects; do build "$project"; done

passed=0 failed=0
ok() { passed=$((passed + 1)); printf 'ok      %-24s %s\n' "$name" "$1"; }
bad() { failed=$((failed + 1)); printf 'not ok  %-24s %s\n' "$name" "$1"; }

sound=()
for name in "${names[@]}"; do
  if run $(field Test "$name"); then sound+=("$name"); else bad "its test does not pass as it is"; tail -n 20 "$scratch/test.log"; fi
done

for name in "${sound[@]}"; do
  read -r project test <<<"$(field Test "$name")"
  git -C "$copy" checkout --quiet -- .
  git -C "$copy" apply --recount "$PWD/eng/mutations/$name.patch" || { bad "the patch no longer fits"; continue; }
  status=0
  if build "$project"; then run "$project" "$test" || status=$?; else status=build; fi
  case $status in
    2) ok "$(field Line "$name"): $test fails" ;;
    124) ok "$(field Line "$name"): $test does not come to an end" ;;
    0) bad "$test PASSES WITHOUT THE DEFENCE: $(field Without "$name")" ;;
    *) bad "no verdict ($status)"; tail -n 20 "$scratch/test.log" ;;
  esac
done

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
