#!/usr/bin/env bash
# What the gate does beside the peers' rules, over simulated canaries of half an hour, and what a reading costs:
#   Tests/Benchmarks/analysis/run.sh [table [--null-trials N] [--trials N] [--rates 5,50,500] [--only NAME,…]] | [cost [--readings N]]
# Ends with 1 when something that is promised does not hold. Without arguments: both, in full.
set -euo pipefail
cd "$(dirname "$0")/../../.."
folder="${SCRATCH:-.build-release}"
TURNOUT_BENCHMARKS=1 swift build -c release --product AnalysisBenchmark --scratch-path "$folder"
benchmark="$(cd "$folder" && pwd -P)/release/AnalysisBenchmark"
if (($#)); then exec "$benchmark" "$@"; fi
"$benchmark" cost
exec "$benchmark" table
