//! Paths on the command line, each looked at before any work: what should be there, and what is.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::builder::{PathBufValueParser, TypedValueParser};

/// What stands, or is to stand, at a path.
#[derive(Clone, Copy)]
enum Place {
    File,
    Folder,
    FileOrFolder,
}

/// `ess train --embeddings` and the like.
pub(crate) fn embeddings() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::Folder, "a folder with queries.safetensors and corpus.safetensors, as `ess encode` writes it")
}

/// A store of embeddings.
pub(crate) fn store() -> impl TypedValueParser<Value = PathBuf> {
    read(
        Place::File,
        "an embedding store, such as corpus.safetensors, as `ess encode` and `ess import` write it",
    )
}

/// Judgements.
pub(crate) fn qrels() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::File, "a file of judgements in BEIR's or TREC's format, such as qrels/test.tsv")
}

/// A run.
pub(crate) fn run() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::File, "a TREC run file, as `ess evaluate --write-run` writes it")
}

/// A saved searching module.
pub(crate) fn module() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::Folder, "the folder of a searching module, as `ess train --out` writes it")
}

/// Texts.
pub(crate) fn beir() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::Folder, "a BEIR folder, with corpus.jsonl and queries.jsonl")
}

/// A file of settings.
pub(crate) fn settings() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::File, "a JSON file of settings")
}

/// A file of settings, or a module that was trained with some.
pub(crate) fn settings_or_module() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::FileOrFolder, "a JSON file of settings, or the folder of a module that `ess train` made")
}

/// Systems that were measured elsewhere.
pub(crate) fn peers() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::File, "a JSON list of systems")
}

/// A NumPy matrix.
pub(crate) fn npy() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::File, "a NumPy matrix, .npy")
}

/// Ids in row order.
pub(crate) fn ids() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::File, "a file of ids, a JSON array of strings or one id a line")
}

/// Layers of sentence-transformers.
pub(crate) fn dense() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::Folder, "a Dense folder of sentence-transformers, with config.json and model.safetensors")
}

/// A saved index.
pub(crate) fn index() -> impl TypedValueParser<Value = PathBuf> {
    read(Place::File, "an index, as `ess index build` writes it")
}

/// A file that will be written.
pub(crate) fn output_file() -> impl TypedValueParser<Value = PathBuf> {
    written(Place::File, "a file to write")
}

/// A folder that will be written to.
pub(crate) fn output_folder() -> impl TypedValueParser<Value = PathBuf> {
    written(Place::Folder, "a folder to write to")
}

/// A path that is read.
fn read(place: Place, expected: &'static str) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(move |path| match place.found_at(&path) {
        None => Ok(path),
        Some(found) => Err(format!("expected {expected}, found {found}")),
    })
}

/// A path that is written: nothing need be there yet.
fn written(place: Place, expected: &'static str) -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(move |path| match place.found_at(&path) {
        Some(found) if path.exists() => Err(format!("expected {expected}, found {found}")),
        _ => Ok(path),
    })
}

impl Place {
    /// What is there instead; `None` where it is what it should be.
    fn found_at(self, path: &Path) -> Option<String> {
        match (self, std::fs::metadata(path)) {
            (_, Err(error)) if error.kind() == ErrorKind::NotFound => {
                Some("nothing: no such file or folder".to_owned())
            }
            (_, Err(error)) => Some(format!("what cannot be opened: {error}")),
            // Pipes and the like are read as files are.
            (Self::File, Ok(there)) => there.is_dir().then(|| "a folder".to_owned()),
            (Self::Folder, Ok(there)) => (!there.is_dir()).then(|| "a file".to_owned()),
            (Self::FileOrFolder, Ok(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::*;

    fn parsed(parser: impl TypedValueParser<Value = PathBuf> + 'static, path: &Path) -> String {
        let command = Command::new("program").arg(Arg::new("path").long("path").value_parser(parser));
        let parsed = command.try_get_matches_from(["program".as_ref(), "--path".as_ref(), path.as_os_str()]);
        parsed.map_or_else(|error| error.to_string(), |_| "fine".to_owned())
    }

    #[test]
    fn a_path_of_the_wrong_kind_is_refused_with_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (file, nothing) = (folder.path().join("file"), folder.path().join("nothing"));
        std::fs::write(&file, "").unwrap();
        for (found, words) in [
            (parsed(module(), folder.path()), &["fine"][..]),
            (
                parsed(module(), &file),
                &["--path", "expected the folder of a searching module", "found a file"],
            ),
            (parsed(module(), &nothing), &["ess train --out", "found nothing"]),
            (parsed(module(), &file.join("below")), &["found what cannot be opened"]),
            (parsed(qrels(), &file), &["fine"]),
            (parsed(qrels(), folder.path()), &["expected a file of judgements", "found a folder"]),
            (parsed(settings_or_module(), folder.path()), &["fine"]),
            (parsed(output_file(), &nothing), &["fine"]),
            (parsed(output_file(), &file), &["fine"]),
            (parsed(output_file(), folder.path()), &["expected a file to write", "found a folder"]),
            (parsed(output_folder(), folder.path()), &["fine"]),
            (parsed(output_folder(), &file), &["expected a folder to write to", "found a file"]),
        ] {
            assert!(words.iter().all(|word| found.contains(word)), "{words:?} are not in\n{found}");
        }
    }
}
