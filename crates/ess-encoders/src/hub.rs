//! Models by name, from the Hugging Face hub or its cache on disk.

mod cache;
mod environment;
mod server;
mod wanted;

use std::{fmt, path::PathBuf, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

use self::{
    cache::{ModelCache, is_checksum, is_commit, verify},
    environment::Environment,
    server::{Failure, FileInfo, Server, without_user},
    wanted::wanted,
};
use crate::error::Error;

/// Where models come from by name: the Hugging Face hub, or the cache that it shares with Python's programs.
///
/// A name is `owner/model`, or `owner/model@revision` for another branch, tag or commit than `main`. Configuration,
/// tokenizer and safetensors are fetched, nothing else. Every one of them is compared with the checksum that the hub gave it,
/// each time, whether it was fetched now or lay in the cache; one without such a checksum is refused. No answer is waited for
/// longer than the time limit, and what the server names becomes part of a path only where it is a commit or a checksum.
///
/// ```no_run
/// use ess_encoders::{Hub, SentenceEncoder};
///
/// let folder = Hub::from_env().model_folder("sentence-transformers/all-MiniLM-L6-v2")?;
/// let encoder = SentenceEncoder::load(folder)?;
/// # Ok::<(), ess_encoders::Error>(())
/// ```
#[derive(Clone)]
pub struct Hub {
    cache: PathBuf,
    endpoint: String,
    token: Option<String>,
    offline: bool,
    progress: bool,
    time_limit: Duration,
}

/// Says whether there is a token, and not which; nor the name and the password that a server's address may have.
impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("cache", &self.cache)
            .field("endpoint", &without_user(&self.endpoint))
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .field("progress", &self.progress)
            .field("time_limit", &self.time_limit)
            .finish()
    }
}

const ENDPOINT: &str = "https://huggingface.co";
const TIME_LIMIT: Duration = Duration::from_secs(60);

impl Hub {
    /// A hub with this cache folder, at huggingface.co, without a token, online.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        let endpoint = ENDPOINT.to_owned();
        let (cache, time_limit) = (cache.into(), TIME_LIMIT);
        Self { cache, endpoint, token: None, offline: false, progress: false, time_limit }
    }

    /// What the usual variables say. The cache is `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `HF_HOME`/hub, else
    /// ~/.cache/huggingface/hub (`XDG_CACHE_HOME` heeded). `HF_ENDPOINT` is the server. With `HF_HUB_OFFLINE` or
    /// `TRANSFORMERS_OFFLINE` set to 1, yes, on or true, only the cache is read. Models that ask for a token get `HF_TOKEN`,
    /// else that of the file `HF_TOKEN_PATH`, else of `HF_HOME`/token.
    pub fn from_env() -> Self {
        let Environment { cache, endpoint, token, offline } = Environment::read();
        let hub = Self::new(cache).with_offline(offline);
        let endpoint = endpoint.unwrap_or_else(|| ENDPOINT.to_owned());
        Self { endpoint, token, ..hub }
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

    /// How long an answer may take: a list of files, or 8 MiB of one. Default: a minute.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
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
        let (model, revision) = parse(name)?;
        let cache = ModelCache::new(&self.cache, model);
        let folder = if self.offline {
            let advice = "HF_HUB_OFFLINE is set; unset it, or give the model's folder";
            cache
                .snapshot_of(revision)
                .ok_or_else(|| self.refuse(name, format!("it is not there, and {advice}")))?
        } else {
            self.fetch(name, model, revision, &cache)?
        };
        verify(&folder)?;
        Ok(folder)
    }

    fn fetch(&self, name: &str, model: &str, revision: &str, cache: &ModelCache) -> Result<PathBuf, Error> {
        let server = Server::new(&self.endpoint, self.token.clone(), self.time_limit);
        let listing = match server.list(model, revision) {
            Ok(listing) => listing,
            Err(failure) => return self.without_server(name, revision, cache, &failure),
        };
        if !is_commit(&listing.sha) {
            return Err(self.refuse(name, format!("{:?} is no commit", listing.sha)));
        }
        let wanted = wanted(&listing.files().collect::<Vec<_>>());
        if wanted.is_empty() {
            return Err(self.refuse(name, "it has neither configuration nor weights".to_owned()));
        }
        let snapshot = cache.snapshot(&listing.sha);
        for file in wanted {
            if !snapshot.join(file).is_file() {
                self.fetch_file(name, model, &listing.sha, file, cache, &server)?;
            }
        }
        cache.name(revision, &listing.sha)?;
        Ok(snapshot)
    }

    /// One file of a commit, from the server.
    fn fetch_file(
        &self,
        name: &str,
        model: &str,
        commit: &str,
        file: &str,
        cache: &ModelCache,
        server: &Server,
    ) -> Result<(), Error> {
        let failed = |failure: Failure| self.refuse(name, format!("{file}: {}", failure.reason));
        let FileInfo { etag, commit: found, bytes } = server.info(model, commit, file).map_err(failed)?;
        if !is_checksum(&etag) {
            return Err(self.refuse(name, format!("{file}: {etag:?} is no checksum of git's or SHA-256")));
        }
        if found != commit {
            return Err(self.refuse(name, format!("{file}: of commit {found:?}, expected {commit}")));
        }
        let bar = self.progress_bar(file, bytes);
        let mut failure = None;
        let kept = cache.keep(commit, file, &etag, |out| {
            server.copy(model, commit, file, bytes, out, &|part| bar.inc(part)).map_err(|reason| {
                let error = std::io::Error::other(reason.reason.clone());
                failure = Some(reason);
                error
            })
        });
        bar.finish_and_clear();
        match failure {
            Some(failure) => Err(failed(failure)),
            None => kept,
        }
    }

    fn progress_bar(&self, file: &str, bytes: u64) -> ProgressBar {
        let template = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}, {eta} left");
        match template {
            Ok(style) if self.progress => {
                ProgressBar::new(bytes).with_style(style).with_message(file.to_owned())
            }
            _ => ProgressBar::hidden(),
        }
    }

    /// The cached model, where the server could not be asked.
    fn without_server(
        &self,
        name: &str,
        revision: &str,
        cache: &ModelCache,
        failure: &Failure,
    ) -> Result<PathBuf, Error> {
        match cache.snapshot_of(revision) {
            Some(folder) if !failure.answered => {
                let reason = &failure.reason;
                tracing::warn!(
                    model = name,
                    reason,
                    "the hub does not answer; the model in the cache is taken"
                );
                Ok(folder)
            }
            _ => Err(self.refuse(name, format!("{}; is there such a model, and a network?", failure.reason))),
        }
    }

    fn refuse(&self, name: &str, reason: String) -> Error {
        let place =
            if self.offline { self.cache.display().to_string() } else { without_user(&self.endpoint) };
        Error::Hub { name: name.to_owned(), place, reason }
    }
}

/// `owner/model` or `model`, perhaps with `@revision`: both.
fn parse(name: &str) -> Result<(&str, &str), Error> {
    let (model, revision) = name.split_once('@').unwrap_or((name, "main"));
    let is_part = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !part.is_empty() && part.chars().all(allowed) && !part.starts_with('.')
    };
    let is_model = model.split('/').count() <= 2 && model.split('/').all(is_part);
    if is_model && revision.split('/').all(is_part) {
        return Ok((model, revision));
    }
    let reason = "expected owner/model or owner/model@revision".to_owned();
    Err(Error::Hub { name: without_user(name), place: "its name".to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_paths_are_no_names() {
        assert_eq!(parse("owner/some-model_1.0@v2").unwrap(), ("owner/some-model_1.0", "v2"));
        assert_eq!(parse("bert-base-uncased").unwrap().1, "main");
        assert_eq!(parse("owner/model@refs/pr/1").unwrap().1, "refs/pr/1");
        for name in ["", "a/b/c", "../x", "/a", "a/", "a b", "a/b@", "a/b@../c", "a/b@/etc", "a/.."] {
            assert!(matches!(parse(name), Err(Error::Hub { .. })), "{name}");
        }
    }

    #[test]
    fn what_is_printed_hides_tokens_and_passwords() {
        let hub = Hub::new("/cache").with_endpoint("https://me:pass@mirror");
        let hub = Hub { token: Some("hf_secret".to_owned()), ..hub };
        let error = hub.refuse("a/b", "gone".to_owned());
        let url = parse("https://me:pass@mirror/a/b").unwrap_err();
        for shown in [format!("{hub:?}"), format!("{error} {error:?}"), format!("{url} {url:?}")] {
            assert!(
                shown.contains("mirror") && !shown.contains("pass") && !shown.contains("hf_secret"),
                "{shown}"
            );
        }
    }
}
