#!/usr/bin/env bash
# serve.sh PORT external|simulated [DEPLOYMENTS]: puts the benchmark's endpoint up, then is `turnout serve` on PORT.
#
# Takes TURNOUT (the program), KEY, BLUE_URL, GREEN_URL, SHADOW_URL and MIRROR from the environment, as the benchmark
# gives them. The endpoint is made through the REST API of an emulator on another port; `turnout serve` finds it in its
# state folder, listens on PORT when everything is ready, and stays in the foreground under this process's id.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd -P)"
home="${TMPDIR:-/tmp}/turnout-bench-$1"
rm -rf "$home"
mkdir -p "$home"
export TURNOUT_HOME="$home"
"$TURNOUT" serve --json >"$home/setup.log" &
setup=$!
trap 'kill "$setup" 2>/dev/null || true' EXIT
python3 "$here/put-up.py" "$home/state/local" "$2" "${3:-3}"
kill "$setup"
wait "$setup" || true
trap - EXIT
exec "$TURNOUT" serve --data "127.0.0.1:$1" --bandwidth-limit off --access-log off
