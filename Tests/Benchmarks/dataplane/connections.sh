#!/usr/bin/env bash
# CPU per request from 1 to 10 000 busy connections, of `turnout serve` and of nginx on one core:
#   Tests/Benchmarks/dataplane/connections.sh [CONNECTIONS]...
# By the same benchmark as run.sh, in a copy whose nginx takes more than its 8192 connections. "ours" forwards, "sim"
# answers in process. PEERS, SECS, WARM, BENCH and SCRATCH work as there; needs leave to open 20 000 files.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd -P)"
cd "$here/../../.."
original="$(cd "$(dirname "${BENCH:-../shared/bench/dataplane/bench.sh}")" && pwd -P)"
ulimit -n "$(ulimit -Hn)"
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
cp -r "$original/." "$copy"
chmod -R u+w "$copy"
sed -i 's/worker_connections 8192/worker_connections 19000/' "$copy/conf/gen.py"
grep -q 'worker_connections 19000' "$copy/conf/gen.py"
export BENCH="$copy/bench.sh" BENCH_WORK="${BENCH_WORK:-${XDG_CACHE_HOME:-$HOME/.cache}/turnout-bench/connections}"
export ROUNDS=1 SECS="${SECS:-5}" PEERS="${PEERS:-nginx ours sim}"
for connections in "${@:-1 10 100 1000 10000}"; do
    for count in $connections; do
        echo "== $count connections"
        CONNS="$count" "$here/run.sh" perf | grep '^# round'
    done
done
