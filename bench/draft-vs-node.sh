#!/usr/bin/env bash
# Draft speed of a GGUF model here and with node-llama-cpp, alternating in one run: same file, prompt, tokens and threads, greedy.
#   bench/draft-vs-node.sh MODEL.gguf [options of `Bench compare`, such as --tokens 256 --runs 5 --report bench/reports/draft.md]
# NODE_LLAMA_CPP is the folder that node-llama-cpp is installed in, outside this repository; default: below the user's cache.
# It is installed there when missing, which needs node, npm and a package registry.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: bench/draft-vs-node.sh MODEL.gguf [options]" >&2; exit 2; }
[ -f "$1" ] || { echo "There is no model at $1." >&2; exit 2; }
command -v node >/dev/null || { echo "node is not installed; node-llama-cpp needs it." >&2; exit 2; }

model=$(realpath "$1"); shift
root=$(dirname "$(dirname "$(realpath "$0")")")
version=3.21.1
export NODE_LLAMA_CPP=${NODE_LLAMA_CPP:-${XDG_CACHE_HOME:-$HOME/.cache}/hybridgen-bench/node-llama-cpp-$version}

[ -d "$NODE_LLAMA_CPP/node_modules/node-llama-cpp" ] ||
  npm install --no-fund --no-audit --prefix "$NODE_LLAMA_CPP" "node-llama-cpp@$version" >&2

# Compiled ahead of time, so that no compiler competes with the decode in the first second of each process.
dotnet publish -c Release --use-current-runtime --no-self-contained -p:PublishReadyToRun=true --nologo -v quiet -o "$root/artifacts/bench" "$root/bench/Bench" >&2
exec dotnet "$root/artifacts/bench/HybridGen.Bench.dll" compare --script "$root/bench/node-draft.mjs" --drafter "$model" "$@"
