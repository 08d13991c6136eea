#!/usr/bin/env bash
# `turnout serve` beside nginx, HAProxy and Envoy, on one core, by the load script that BENCH names:
#   Tests/Benchmarks/dataplane/run.sh [all|verify|perf|slow]
# "ours" forwards to the benchmark's servers (external deployments) with a mirror of 10 %, "sim" answers in process
# (simulated deployments), "many" is "ours" with 20 deployments. All three run without the bandwidth limit and without
# request lines, as the peers do. "sim" mirrors as well, but in process, where the benchmark's servers see no copy: here
# it counts as one without a mirror, and ../clients holds the share of its copies against an interval. The load script's
# knobs (ROUNDS, SECS, PEERS, …) work here too. SCRATCH is the folder that the release is built in.
set -euo pipefail
cd "$(dirname "$0")/../../.."
bench="${BENCH:-../shared/bench/dataplane/bench.sh}"
folder="${SCRATCH:-.build-release}"
swift build -c release --product turnout --scratch-path "$folder"
export TURNOUT="$(cd "$folder" && pwd -P)/release/turnout"
serve="$PWD/Tests/Benchmarks/dataplane/serve.sh"
export OURS_KEY="${OURS_KEY:-benchkey0123456789abcdef0123456789}"
export OURS_CMD="$serve 18090 external" OURS_URL=http://127.0.0.1:18090
export OURS_SIM_CMD="$serve 18091 simulated" OURS_SIM_URL=http://127.0.0.1:18091 OURS_SIM_MIRROR=0
export OURS_MANY_CMD="$serve 18092 external 20" OURS_MANY_URL=http://127.0.0.1:18092
exec "$bench" "$@"
