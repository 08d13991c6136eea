#!/usr/bin/env bash
# What the gate does beside the peers' rules, over simulated canaries of half an hour; what a reading costs; and what half
# an hour of simulated clients costs:
#   Tests/Benchmarks/analysis/run.sh [table [--null-trials N] [--trials N] [--rates 5,50,500] [--only NAME,…]]
#   Tests/Benchmarks/analysis/run.sh cost [--readings N] | half-hour
# Ends with 1 when something that is promised does not hold. Without arguments: all, in full.
set -euo pipefail
cd "$(dirname "$0")/../../.."
folder="${SCRATCH:-.build-release}"
TURNOUT_BENCHMARKS=1 swift build -c release --product AnalysisBenchmark --scratch-path "$folder"
benchmark="$(cd "$folder" && pwd -P)/release/AnalysisBenchmark"
if (($#)); then exec "$benchmark" "$@"; fi
"$benchmark" cost
"$benchmark" half-hour
exec "$benchmark" table
