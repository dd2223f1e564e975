//! Command lines of every program that writes something.

/// What another is at work on.
#[derive(Clone, Copy)]
pub(super) enum Written {
    File,
    Folder,
}

/// A program, its arguments, and what of what it would write another has.
pub(super) type Program = (&'static str, &'static str, &'static str, Written);

use Written::{File, Folder};

// Of what begins with `no-` nothing can be read: an empty file, a folder with nothing in it, and folders with empty files of the
// names that are looked for. Programs ask for the lock before they open any of them. OUT is what another has; module and x are free.
const OF_EMBEDDINGS: [Program; 34] = [
    ("train", "--embeddings no-data --train no-text --out OUT", "OUT", Folder),
    ("train", "--embeddings no-data --train no-text --out module --checkpoint OUT", "OUT", Folder),
    ("train", "--embeddings no-data --train no-text --out OUT --module auto", "OUT", Folder),
    ("import", "--npy no-text --ids no-text --out OUT", "OUT", File),
    ("import", "--npy no-text --ids no-text --out x --json OUT", "OUT", File),
    ("import-dense", "--dense no-module --out OUT", "OUT", Folder),
    ("export", "--module no-module --dense OUT", "OUT", Folder),
    ("export", "--module no-module --npy OUT", "OUT", File),
    ("export", "--module no-module --npy x --dense OUT", "OUT", Folder),
    ("index build", "--items no-text --out OUT", "OUT", File),
    ("index compact", "--index no-text --out OUT", "OUT", File),
    ("index compact", "--index no-text --rows OUT", "OUT", File),
    ("index search", "--index no-text --queries no-text --write-run OUT", "OUT", File),
    (
        "engine search",
        "--engine shelf=no-text --items no-text --queries no-text --write-run OUT",
        "OUT",
        File,
    ),
    ("engine upload", "--embeddings no-data --engine shelf=no-text", "no-data/corpus.uploads.json", File),
    ("index tune", "--index no-text --items no-text --queries no-text --plot OUT", "OUT", File),
    ("calibrate", "--embeddings no-data --qrels no-text --out OUT", "OUT", File),
    ("calibrate", "--embeddings no-data --qrels no-text --out x --plot OUT", "OUT", File),
    ("evaluate", "--embeddings no-data --qrels no-text --write-run OUT", "OUT", File),
    ("compare modules", "--data X=no-data,no-text,,no-text --out OUT", "OUT", File),
    ("compare modules", "--data X=no-data,no-text,,no-text --out x --cells OUT", "OUT", Folder),
    ("compare hybrid", "--data X=no-data,no-data,no-text,no-text,no-text --out OUT", "OUT", File),
    ("compare hybrid", "--data X=no-data,no-data,no-text,no-text,no-text --out x --cells OUT", "OUT", Folder),
    ("compare auto", "--data X=no-data,no-data,no-text,no-text,no-text --out OUT", "OUT", File),
    ("compare auto", "--data X=no-data,no-data,no-text,no-text,no-text --out x --cells OUT", "OUT", Folder),
    ("experiment architectures", "--data X=no-data,no-text,,no-text --out OUT", "OUT", Folder),
    ("experiment bottleneck", "--data X=no-data,no-text,,no-text --out OUT", "OUT", Folder),
    ("experiment curve", "--data X=no-data,no-text,,no-text --out OUT", "OUT", Folder),
    (
        "experiment recover",
        "--data X=no-data,no-text,,no-text --tuned X=whole=no-data --out OUT",
        "OUT",
        Folder,
    ),
    ("experiment relations", "--graph X=no-graph --out OUT", "OUT", Folder),
    ("experiment scenarios", "--data X=no-data,no-text,,no-text --out OUT", "OUT", Folder),
    (
        "experiment spaces",
        "--data X=no-data,no-text,,no-text --other-side X=no-data --out OUT",
        "OUT",
        Folder,
    ),
    ("experiment transfer", "--data X=no-data,no-text,,no-text --out OUT", "OUT", Folder),
    ("relations train", "--graph no-graph --out OUT", "OUT", File),
];

const OF_ENCODERS: [Program; 16] = [
    ("distil", "--model no-model --out OUT", "OUT", Folder),
    ("import-words", "--words no-text --out OUT", "OUT", Folder),
    ("encode", "--model no-model --beir no-data --out OUT", "OUT/corpus.safetensors", File),
    ("encode", "--model no-model --beir no-data --out OUT --queries-only", "OUT/queries.safetensors", File),
    ("encode", "--model no-model --beir no-data --out OUT --passages", "OUT/passages.safetensors", File),
    (
        "encode",
        "--model no-model --beir no-data --out OUT --shard 2/3",
        "OUT/corpus.2-of-3.safetensors",
        File,
    ),
    ("encode", "--model no-model --beir no-data --out OUT --sparse", "OUT/corpus.sparse", File),
    ("fetch", "--from file:///no-store --out OUT", "OUT", Folder),
    ("merge", "--embeddings no-data", "no-data/manifest.json", File),
    ("rerank", "--model no-model --beir no-data --run no-text --write-run OUT", "OUT", File),
    ("rerank", "--model no-model --beir no-data --run no-text --write-run x --write-qrels OUT", "OUT", File),
    ("train-encoder", "--model no-model --beir no-data --train no-text --out OUT", "OUT", Folder),
    (
        "train-encoder",
        "--model no-model --beir no-data --train no-text --out module --checkpoint OUT",
        "OUT",
        Folder,
    ),
    ("train-cross-encoder", "--model no-model --beir no-data --train no-text --out OUT", "OUT", Folder),
    (
        "train-cross-encoder",
        "--model no-model --beir no-data --train no-text --out module --checkpoint OUT",
        "OUT",
        Folder,
    ),
    ("train-rocketqa", "--model no-model --beir no-data --train no-text --out OUT", "OUT", Folder),
];

/// Whether this build has a program, or all that is below one.
pub(super) fn built(name: &str) -> bool {
    let is = |program: &Program| program.0 == name;
    let needs_encoders = OF_ENCODERS.iter().any(is);
    (!needs_encoders || cfg!(feature = "encoders"))
        && (name != "fetch" || cfg!(feature = "object-store"))
        && (!name.contains("relations") || cfg!(feature = "relations"))
}

/// Those that this build has.
pub(super) fn programs() -> impl Iterator<Item = Program> {
    OF_EMBEDDINGS.into_iter().chain(OF_ENCODERS).filter(|(name, ..)| built(name))
}
