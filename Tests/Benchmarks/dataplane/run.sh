#!/usr/bin/env bash
# The data plane beside nginx, HAProxy and Envoy, on one core, by ../shared/bench/dataplane/bench.sh:
#   Tests/Benchmarks/dataplane/run.sh [all|verify|perf|slow]
# "ours" forwards to the benchmark's servers with a mirror of 10 %, "sim" answers in process, "many" is "ours" with 20
# deployments. All three run without the bandwidth limit and without request lines, as the peers do.
# BENCH names another copy of bench.sh; its knobs (ROUNDS, SECS, PEERS, …) work here as there.
set -euo pipefail
cd "$(dirname "$0")/../../.."
bench="${BENCH:-../shared/bench/dataplane/bench.sh}"
folder="${SCRATCH:-.build-release}"
TURNOUT_BENCHMARKS=1 swift build -c release --product DataPlaneHost --scratch-path "$folder"
host="$(cd "$folder" && pwd -P)/release/DataPlaneHost"
export OURS_KEY="${OURS_KEY:-benchkey0123456789abcdef0123456789}"
export OURS_CMD="$host 18090 proxy" OURS_URL=http://127.0.0.1:18090
export OURS_SIM_CMD="$host 18091 simulated" OURS_SIM_URL=http://127.0.0.1:18091
export OURS_MANY_CMD="$host 18092 proxy 20" OURS_MANY_URL=http://127.0.0.1:18092
exec "$bench" "$@"
