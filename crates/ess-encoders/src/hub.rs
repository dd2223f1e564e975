//! Models by name, from the Hugging Face hub or its cache on disk.

mod environment;

use std::path::{Path, PathBuf};

use hf_hub::{
    Cache, Repo, RepoType,
    api::sync::{ApiBuilder, ApiError, ApiRepo},
};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::Error;

/// Where models come from by name: the Hugging Face hub, or the cache that it shares with Python's programs.
///
/// A name is `owner/model`, or `owner/model@revision` for another branch, tag or commit than `main`. Configuration,
/// tokenizer and safetensors are fetched, nothing else. Every file is compared with the checksum that the hub gave it,
/// each time, whether it was fetched now or lay in the cache.
///
/// ```no_run
/// use ess_encoders::{Hub, SentenceEncoder};
///
/// let folder = Hub::from_env().model_folder("sentence-transformers/all-MiniLM-L6-v2")?;
/// let encoder = SentenceEncoder::load(folder)?;
/// # Ok::<(), ess_encoders::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hub {
    cache: PathBuf,
    endpoint: String,
    token: Option<String>,
    offline: bool,
    progress: bool,
}

const ENDPOINT: &str = "https://huggingface.co";

impl Hub {
    /// A hub with this cache folder, at huggingface.co, without a token, online.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        let endpoint = ENDPOINT.to_owned();
        Self { cache: cache.into(), endpoint, token: None, offline: false, progress: false }
    }

    /// Asks this server instead.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// Whether to look in the cache alone.
    #[must_use]
    pub fn with_offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    /// Whether a bar shows each file's progress. Default: no.
    #[must_use]
    pub fn with_progress(mut self, progress: bool) -> Self {
        self.progress = progress;
        self
    }

    /// The folder of a model, fetched where the cache has not all of it, and checked.
    ///
    /// When the server does not answer and the cache has the model, the cached one is taken and a warning logged.
    ///
    /// # Errors
    /// [`Error::Hub`] for a name that is none, a model that the server does not give or that is not in the cache;
    /// [`Error::HubChecksum`] for a file that is not what the hub has; [`Error::Io`].
    pub fn model_folder(&self, name: &str) -> Result<PathBuf, Error> {
        let repo = parse(name)?;
        let folder = if self.offline {
            let advice = "HF_HUB_OFFLINE is set; unset it, or give the model's folder";
            self.cached(&repo).ok_or_else(|| self.refuse(name, format!("it is not there, and {advice}")))?
        } else {
            self.fetch(name, &repo)?
        };
        verify(&folder)?;
        Ok(folder)
    }

    fn fetch(&self, name: &str, repo: &Repo) -> Result<PathBuf, Error> {
        let api = ApiBuilder::from_cache(Cache::new(self.cache.clone()))
            .with_endpoint(self.endpoint.clone())
            .with_token(self.token.clone())
            .with_progress(self.progress)
            .build()
            .map_err(|error| self.refuse(name, error.to_string()))?
            .repo(repo.clone());
        let info = match api.info() {
            Ok(info) => info,
            Err(error) => return self.without_server(name, repo, &error),
        };
        let wanted = info.siblings.iter().map(|file| file.rfilename.as_str()).filter(|file| is_wanted(file));
        let commit = Repo::with_revision(repo.url(), RepoType::Model, info.sha.clone());
        let files = wanted.map(|file| self.file(name, &api, &commit, file)).collect::<Result<Vec<_>, _>>()?;
        let root = files.iter().find_map(|(file, path)| path.ancestors().nth(file.split('/').count()));
        let none = || self.refuse(name, "it has neither configuration nor safetensors".to_owned());
        root.map(Path::to_owned).ok_or_else(none)
    }

    /// One file of a commit, from the cache or from the server.
    fn file<'f>(
        &self,
        name: &str,
        api: &ApiRepo,
        commit: &Repo,
        file: &'f str,
    ) -> Result<(&'f str, PathBuf), Error> {
        let cached =
            Cache::new(self.cache.clone()).repo(commit.clone()).pointer_path(commit.revision()).join(file);
        let path = if cached.is_file() {
            cached
        } else {
            api.download(file).map_err(|error| self.refuse(name, format!("{file}: {error}")))?
        };
        Ok((file, path))
    }

    /// The cached model, where the server could not be asked.
    fn without_server(&self, name: &str, repo: &Repo, error: &ApiError) -> Result<PathBuf, Error> {
        let answered =
            matches!(error, ApiError::RequestError(error) if matches!(**error, ureq::Error::StatusCode(_)));
        match self.cached(repo) {
            Some(folder) if !answered => {
                tracing::warn!(model = name, %error, "the hub does not answer; the model in the cache is taken");
                Ok(folder)
            }
            _ => Err(self.refuse(name, format!("{error}; is there such a model, and a network?"))),
        }
    }

    /// The snapshot that the cache has of a revision, where it has one with a configuration.
    fn cached(&self, repo: &Repo) -> Option<PathBuf> {
        let folder = self.cache.join(repo.folder_name());
        let named = std::fs::read_to_string(folder.join("refs").join(repo.revision()));
        let commit = named.map_or_else(|_| repo.revision().to_owned(), |commit| commit.trim().to_owned());
        let snapshot = folder.join("snapshots").join(commit);
        ["modules.json", "config.json"].iter().any(|file| snapshot.join(file).is_file()).then_some(snapshot)
    }

    fn refuse(&self, name: &str, reason: String) -> Error {
        let place = if self.offline { self.cache.display().to_string() } else { self.endpoint.clone() };
        Error::Hub { name: name.to_owned(), place, reason }
    }
}

/// `owner/model` or `model`, perhaps with `@revision`.
fn parse(name: &str) -> Result<Repo, Error> {
    let (model, revision) = name.split_once('@').unwrap_or((name, "main"));
    let is_part = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !part.is_empty() && part.chars().all(allowed) && !part.starts_with('.')
    };
    let is_model = model.split('/').count() <= 2 && model.split('/').all(is_part);
    if is_model && revision.split('/').all(is_part) {
        return Ok(Repo::with_revision(model.to_owned(), RepoType::Model, revision.to_owned()));
    }
    let reason = "expected owner/model or owner/model@revision".to_owned();
    Err(Error::Hub { name: name.to_owned(), place: "its name".to_owned(), reason })
}

/// Configuration and weights, without the other formats in which some models come.
fn is_wanted(file: &str) -> bool {
    let safe = !file.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    let other_format = ["onnx/", "openvino/", "coreml/"].iter().any(|folder| file.starts_with(folder));
    safe && !other_format && (file.ends_with(".json") || file.ends_with(".safetensors"))
}

/// Compares every file of a snapshot with the checksum that it is named by in the cache.
fn verify(folder: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.is_dir() {
            verify(&path)?;
        } else if let Ok(blob) = std::fs::read_link(&path) {
            verify_blob(&path, &blob.file_name().unwrap_or_default().to_string_lossy())?;
        }
    }
    Ok(())
}

/// Large files go by their SHA-256, the others by git's checksum of them.
fn verify_blob(path: &Path, expected: &str) -> Result<(), Error> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let found = match expected.len() {
        64 => hex(&Sha256::digest(&bytes)),
        40 => {
            let header = format!("blob {}\0", bytes.len());
            hex(&Sha1::new().chain_update(header).chain_update(&bytes).finalize())
        }
        _ => return Ok(()),
    };
    if found == expected {
        return Ok(());
    }
    Err(Error::HubChecksum { path: path.to_owned(), expected: expected.to_owned(), found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_paths_are_no_names() {
        let repo = parse("owner/some-model_1.0@v2").unwrap();
        assert_eq!((repo.url(), repo.revision()), ("owner/some-model_1.0".to_owned(), "v2"));
        assert_eq!(parse("bert-base-uncased").unwrap().revision(), "main");
        for name in ["", "a/b/c", "../x", "/a", "a/", "a b", "a/b@", "a/b@../c", "a/.."] {
            assert!(matches!(parse(name), Err(Error::Hub { .. })), "{name}");
        }
    }

    #[test]
    fn what_is_not_needed_is_not_fetched() {
        for wanted in ["config.json", "1_Pooling/config.json", "2_Dense/model.safetensors"] {
            assert!(is_wanted(wanted), "{wanted}");
        }
        for other in ["onnx/config.json", "pytorch_model.bin", "../x.json", "/x.json", "README.md"] {
            assert!(!is_wanted(other), "{other}");
        }
    }
}
