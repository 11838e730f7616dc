#!/usr/bin/env bash
# Quality of `hybridgen fix` against the number of passes and the share of words that a pass may remask, as a Markdown table.
#   bench/quality-curve.sh SOURCE GOLD SCORE_SCRIPT [options of `fix`, such as --judge off]
# The score script prints {"precision": .., "recall": .., "f1": ..} for SOURCE OUTPUT GOLD, a sentence a line in each.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: bench/quality-curve.sh SOURCE GOLD SCORE_SCRIPT [options of fix]" >&2; exit 2; }
source=$1 gold=$2 script=$3; shift 3
root=$(dirname "$(dirname "$(realpath "$0")")")
fixed=$(mktemp); trap 'rm -f "$fixed"' EXIT
dotnet build -c Release --nologo -v quiet "$root/src/Cli" >&2

row() {
  dotnet "$root/artifacts/bin/Cli/release/hybridgen.dll" fix "$source" --passes "$1" ${2:+--remask-share "$2"} "${@:3}" > "$fixed" 2>/dev/null
  python3 "$script" "$source" "$fixed" "$gold" | python3 -c '
import json, sys
score = json.load(sys.stdin)
passes, share = sys.argv[1:]
print("| {} | {} | {precision:.1f} | {recall:.1f} | {f1:.2f} |".format(passes, share or "no limit", **score))' "$1" "$2"
}

echo "| passes | remask share | precision | recall | F1 |"
echo "|---:|---:|---:|---:|---:|"
for share in 0.01 0.02 0.05 0.1; do row 1 "$share" "$@"; done
for passes in 2 4; do row "$passes" 0.02 "$@"; done
for passes in 1 2 3; do row "$passes" "" "$@"; done
