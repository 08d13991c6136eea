#!/usr/bin/env bash
# Holds the statistics against the reference implementation, on 24 streams of half an hour that it makes:
#   Tests/Benchmarks/analysis/held-against.sh PATH/TO/sim.py        (or ANALYSIS_SIM=PATH/TO/sim.py)
# Needs python3 with numpy and scipy.
set -euo pipefail
sim="$(realpath "${1:-${ANALYSIS_SIM:?name sim.py, or set ANALYSIS_SIM}}")"
cd "$(dirname "$0")/../../.."
streams="$(mktemp)"
trap 'rm -f "$streams"' EXIT
python3 Tests/Benchmarks/analysis/recorded-streams.py "$sim" > "$streams"
TURNOUT_RECORDED_STREAMS="$streams" swift test --filter RecordedStreamTests
