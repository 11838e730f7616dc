#!/usr/bin/env bash
# Checks every tiny checkpoint in tests/fixtures/checkpoints with `hybridgen models verify` and prints a Markdown table.
#   bench/verify-fixtures.sh [options of `models verify`, such as --device cuda:0 --precision bf16]
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
dotnet build -c Release --nologo -v quiet "$root/src/Cli" >&2

echo "| checkpoint | largest difference of a logit | top tokens the same | traces the same | tokenizer cases the same |"
echo "|---|---:|---:|---:|---:|"
for folder in "$root"/tests/fixtures/checkpoints/*/; do
  name=$(basename "$folder")
  [ -f "$folder/expected.safetensors" ] && [ "$name" != llama-ar ] || continue
  dotnet "$root/artifacts/bin/Cli/release/hybridgen.dll" models verify "$folder" "$@" 2>/dev/null | awk -v name="$name" '
    / logits / { if (match($0, /difference [0-9.e+-]+/)) { d = substr($0, RSTART + 11, RLENGTH - 11) + 0; if (d > most) most = d }
                 if (match($0, /at [0-9]+ of [0-9]+/)) { split(substr($0, RSTART + 3, RLENGTH - 3), of, " of "); same += of[1]; all += of[2] } }
    / trace / { traces++; if ($1 == "ok") equal++ }
    / tokenizer / { cases++; if ($1 == "ok") right++ }
    END { printf "| %s | %.1e | %d of %d | %s | %s |\n", name, most, same, all, traces ? equal + 0 " of " traces : "none", cases ? right + 0 " of " cases : "none" }' || true
done
