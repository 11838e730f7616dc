#!/usr/bin/env bash
# F1 against the tokens that the judge decodes for a word, as a Markdown table: the lower the least gain of the refiner at which a form is
# judged, the more is judged.
#   bench/judge-curve.sh JUDGE.gguf SOURCE GOLD SCORE_SCRIPT
set -euo pipefail
[ $# -eq 4 ] || { echo "usage: bench/judge-curve.sh JUDGE.gguf SOURCE GOLD SCORE_SCRIPT" >&2; exit 2; }
root=$(dirname "$(dirname "$(realpath "$0")")")
dotnet build -c Release --nologo -v quiet "$root/bench/Bench" >&2

echo "| refiner's gain from which on a form is judged, nats | tokens decoded a word | precision | recall | F1 |"
echo "|---:|---:|---:|---:|---:|"
for from in 0 -1 -2 -3 -4 -6 -8; do
  dotnet "$root/artifacts/bin/Bench/release/HybridGen.Bench.dll" fix --judge "$1" --source "$2" --gold "$3" --score-script "$4" --runs 1 --from "$from" 2>/dev/null | python3 -c '
import json, re, sys
report = sys.stdin.read()
score = json.loads(re.search(r"\| score \| (\{.*?\})", report)[1])
tokens = re.search(r"decoded for a word \| ([\d.]+)", report)[1]
print("| {} | {} | {precision:.1f} | {recall:.1f} | {f1:.2f} |".format(sys.argv[1], tokens, **score))' "$from"
done
