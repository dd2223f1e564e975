//! Paths on the command line, each looked at before any work: what should be there, and what is.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::output::json::is_standard_output;

/// What a path on the command line is to lead to.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    place: Place,
    /// What it is, and what writes it.
    what: &'static str,
    /// Names of which a folder has one, where it is what it should be.
    has: &'static [&'static str],
}

#[derive(Clone, Copy)]
enum Place {
    File,
    Folder,
    FileOrFolder,
}

/// Embeddings of queries and items.
pub(crate) const EMBEDDINGS: Expected = Expected {
    place: Place::Folder,
    what: "a folder with queries.safetensors and corpus.safetensors, as `ess encode` writes it",
    has: &[],
};
/// Queries and items by an encoder, dense or sparse.
pub(crate) const ENCODING: Expected = Expected {
    place: Place::Folder,
    what: "a folder with queries and corpus, .safetensors or .sparse, as `ess encode` writes it",
    has: &["corpus.safetensors", "corpus.sparse"],
};
/// A store of embeddings.
pub(crate) const STORE: Expected = Expected {
    place: Place::File,
    what: "an embedding store, such as corpus.safetensors, as `ess encode` and `ess import` write it",
    has: &[],
};
/// Judgements.
pub(crate) const QRELS: Expected = Expected {
    place: Place::File,
    what: "a file of judgements in BEIR's or TREC's format, such as qrels/test.tsv",
    has: &[],
};
/// A run.
pub(crate) const RUN: Expected = Expected {
    place: Place::File,
    what: "a TREC run file, as `ess evaluate --write-run` writes it",
    has: &[],
};
/// A saved searching module.
pub(crate) const MODULE: Expected = Expected {
    place: Place::Folder,
    what: "the folder of a searching module, as `ess train --out` writes it",
    has: &["module.json"],
};
/// Texts.
pub(crate) const BEIR: Expected =
    Expected { place: Place::Folder, what: "a BEIR folder, with corpus.jsonl and queries.jsonl", has: &[] };
/// Images.
#[cfg(feature = "encoders")]
pub(crate) const IMAGES: Expected = Expected {
    place: Place::FileOrFolder,
    what: "a folder with images, or a text file with the path of one on each line",
    has: &[],
};
/// A file of settings, or a module that was trained with some.
pub(crate) const SETTINGS_OR_MODULE: Expected = Expected {
    place: Place::FileOrFolder,
    what: "a JSON file of settings, or the folder of a module that `ess train` made",
    has: &[],
};
/// Stores of embeddings, and shares of them.
#[cfg(feature = "encoders")]
pub(crate) const SHARES: Expected = Expected {
    place: Place::Folder,
    what: "a folder with stores such as corpus.safetensors or corpus.1-of-4.safetensors, as `ess encode` writes them",
    has: &[],
};
/// A model that reads query and item together.
pub(crate) const CROSS_ENCODER: Expected = Expected {
    place: Place::Folder,
    what: "the folder of a cross-encoder, with config.json or modules.json",
    has: &["config.json", "modules.json"],
};
/// Vectors of words.
#[cfg(feature = "encoders")]
pub(crate) const WORDS: Expected =
    Expected { place: Place::File, what: "a file of word vectors of GloVe, word2vec or fastText", has: &[] };
/// Settings of an encoder's training.
#[cfg(feature = "encoders")]
pub(crate) const TEXT_SETTINGS: Expected =
    Expected { place: Place::File, what: "a JSON file of settings of an encoder's training", has: &[] };
/// Settings of an encoder over HTTP.
#[cfg(feature = "encoders")]
pub(crate) const HTTP_SETTINGS: Expected =
    Expected { place: Place::File, what: "a JSON file of settings of an encoder over HTTP", has: &[] };
/// Systems that were measured elsewhere.
pub(crate) const PEERS: Expected = Expected { place: Place::File, what: "a JSON list of systems", has: &[] };
/// Settings of an engine.
pub(crate) const ENGINE_SETTINGS: Expected =
    Expected { place: Place::File, what: "a JSON file of settings of an engine", has: &[] };
/// A NumPy matrix.
pub(crate) const NPY: Expected = Expected { place: Place::File, what: "a NumPy matrix, .npy", has: &[] };
/// Ids in row order.
pub(crate) const IDS: Expected = Expected {
    place: Place::File,
    what: "a file of ids, a JSON array of strings or one id a line",
    has: &[],
};
/// Layers of sentence-transformers.
pub(crate) const DENSE: Expected = Expected {
    place: Place::Folder,
    what: "a Dense folder of sentence-transformers, with config.json and model.safetensors",
    has: &["config.json", "0_Dense"],
};
/// A saved index.
pub(crate) const INDEX: Expected =
    Expected { place: Place::File, what: "an index, as `ess index build` writes it", has: &[] };
/// A knowledge graph.
#[cfg(feature = "relations")]
pub(crate) const GRAPH: Expected = Expected {
    place: Place::Folder,
    what: "a folder with train.txt, valid.txt and test.txt, a triple a line",
    has: &["train.txt"],
};
/// A set of relations.
#[cfg(feature = "relations")]
pub(crate) const RELATIONS: Expected =
    Expected { place: Place::File, what: "a set of relations, as `ess relations train` writes it", has: &[] };
/// Settings of relation training.
#[cfg(feature = "relations")]
pub(crate) const RELATION_SETTINGS: Expected =
    Expected { place: Place::File, what: "a JSON file of settings of relation training", has: &[] };
/// A file that will be written.
pub(crate) const OUTPUT_FILE: Expected = Expected { place: Place::File, what: "a file to write", has: &[] };
/// A folder that will be written to.
pub(crate) const OUTPUT_FOLDER: Expected =
    Expected { place: Place::Folder, what: "a folder to write to", has: &[] };

impl Expected {
    /// Reads a path that must lead there.
    pub(crate) fn read(self) -> impl TypedValueParser<Value = PathBuf> {
        PathBufValueParser::new().try_map(move |path| self.check(&path).map(|()| path))
    }

    /// Reads a path where nothing need be yet; `-` is one for JSON alone ([`printed`](Self::printed)).
    pub(crate) fn written(self) -> impl TypedValueParser<Value = PathBuf> {
        self.printed().try_map(move |path| match self.place {
            Place::File if is_standard_output(&path) => {
                Err(format!("expected {}, found `-`: standard output has the name /dev/stdout", self.what))
            }
            _ => Ok(path),
        })
    }

    /// Reads a path where nothing need be yet, or `-` for standard output.
    pub(crate) fn printed(self) -> impl TypedValueParser<Value = PathBuf> {
        PathBufValueParser::new().try_map(move |path| self.writable(path))
    }

    /// Refuses a path at which it cannot be made.
    pub(super) fn writable(self, path: PathBuf) -> Result<PathBuf, String> {
        if path.exists() {
            return self.check(&path).map(|()| path);
        }
        // What is not there is made, in the folders that are.
        match path.ancestors().find(|above| above.exists()) {
            Some(above) if !above.is_dir() => {
                Err(format!("expected {}, found the file {} on the way", self.what, above.display()))
            }
            _ => Ok(path),
        }
    }

    /// Refuses a path that does not lead there.
    ///
    /// # Errors
    /// What was expected, and what was found.
    pub(crate) fn check(self, path: &Path) -> Result<(), String> {
        let found = self.place.found_at(path).or_else(|| {
            let has_one = self.has.is_empty() || self.has.iter().any(|name| path.join(name).exists());
            (!has_one).then(|| format!("a folder without {}", self.has.join(" or ")))
        });
        found.map_or(Ok(()), |found| Err(format!("expected {}, found {found}", self.what)))
    }
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
            (parsed(MODULE.read(), folder.path()), &["--path", "found a folder without module.json"][..]),
            (parsed(BEIR.read(), folder.path()), &["fine"]),
            (parsed(OUTPUT_FILE.written(), &file.join("below")), &["file to write", "on the way"]),
            (
                parsed(MODULE.read(), &file),
                &["--path", "expected the folder of a searching module", "found a file"],
            ),
            (parsed(MODULE.read(), &nothing), &["ess train --out", "found nothing"]),
            (parsed(MODULE.read(), &file.join("below")), &["found what cannot be opened"]),
            (parsed(QRELS.read(), &file), &["fine"]),
            (parsed(QRELS.read(), folder.path()), &["expected a file of judgements", "found a folder"]),
            (parsed(SETTINGS_OR_MODULE.read(), folder.path()), &["fine"]),
            (parsed(OUTPUT_FILE.written(), &nothing), &["fine"]),
            (parsed(OUTPUT_FILE.written(), &file), &["fine"]),
            (parsed(OUTPUT_FILE.written(), Path::new("-")), &["--path", "found `-`", "/dev/stdout"]),
            (parsed(OUTPUT_FILE.printed(), Path::new("-")), &["fine"]),
            (parsed(OUTPUT_FILE.written(), folder.path()), &["expected a file to write", "found a folder"]),
            (parsed(OUTPUT_FOLDER.written(), folder.path()), &["fine"]),
            (parsed(OUTPUT_FOLDER.written(), &file), &["expected a folder to write to", "found a file"]),
        ] {
            assert!(words.iter().all(|word| found.contains(word)), "{words:?} are not in\n{found}");
        }
    }
}
