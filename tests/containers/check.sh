# For run.sh and debian.sh: counts what passed and what failed. Needs a folder $scratch.
passed=0 failed=0

# check WHAT COMMAND…: says how it ended; of a failure the last lines it printed.
check() {
  local what=$1
  shift
  if "$@" >"$scratch/log" 2>&1; then
    passed=$((passed + 1))
    echo "passed: $what"
  else
    failed=$((failed + 1))
    echo "FAILED: $what"
    tail -n 60 "$scratch/log"
    return 1
  fi
}
