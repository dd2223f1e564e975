//! What is asked of a hub's server: the files of a model, and their bytes.

use std::{
    io::{Read, Write},
    time::Duration,
};

use serde::Deserialize;
use ureq::{Agent, Body, config::RedirectAuthHeaders, http::Response};

/// A list of files is never longer, nor an answer without an end taken for one.
const MAX_LIST_BYTES: u64 = 64 << 20;
/// What is asked for at once: each is to come within the time limit.
const CHUNK: u64 = 8 << 20;
const REDIRECTS: usize = 5;
const TRIES: usize = 3;

/// A server, the token that it is shown, and how long an answer may take.
pub(super) struct Server {
    endpoint: String,
    token: Option<String>,
    // Follows redirects, without the token where they lead elsewhere.
    following: Agent,
    // Does not: the answer before one says what the file is.
    staying: Agent,
}

/// A model's files at one commit.
#[derive(Deserialize)]
pub(super) struct Listing {
    pub(super) sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

/// What the server says of a file.
pub(super) struct FileInfo {
    /// Its checksum, as the server has it.
    pub(super) etag: String,
    pub(super) commit: String,
    pub(super) bytes: u64,
}

/// Why there is no answer, and whether the server gave that as its answer.
pub(super) struct Failure {
    pub(super) answered: bool,
    pub(super) reason: String,
}

impl Listing {
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.siblings.iter().map(|file| file.rfilename.as_str())
    }
}

impl Server {
    pub(super) fn new(endpoint: &str, token: Option<String>, limit: Duration) -> Self {
        let builder = || {
            Agent::config_builder()
                .timeout_global(Some(limit))
                .timeout_connect(Some(limit))
                .user_agent(concat!("ess/", env!("CARGO_PKG_VERSION")))
        };
        let following = builder().redirect_auth_headers(RedirectAuthHeaders::SameHost).build();
        let staying = builder().max_redirects(0).max_redirects_will_error(false).build();
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Self { endpoint, token, following: following.into(), staying: staying.into() }
    }

    /// The files of a model at a revision.
    pub(super) fn list(&self, model: &str, revision: &str) -> Result<Listing, Failure> {
        let url = format!("{}/api/models/{model}/revision/{}", self.endpoint, encoded(revision, false));
        let mut answer = self.get(&self.following, &url, None)?;
        let list = answer.body_mut().with_config().limit(MAX_LIST_BYTES).read_to_vec();
        let list = list.map_err(|error| self.failure(&error))?;
        serde_json::from_slice(&list)
            .map_err(|error| Failure { answered: true, reason: format!("no list of files: {error}") })
    }

    /// What the server has under a file's name at a commit.
    pub(super) fn info(&self, model: &str, commit: &str, file: &str) -> Result<FileInfo, Failure> {
        let mut url = self.file_url(model, commit, file);
        for _ in 0..REDIRECTS {
            let answer = self.get(&self.staying, &url, Some((0, 0)))?;
            let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
            // A path on the same server holds what the file is; another place holds its bytes alone.
            if let Some(path) =
                header("location").filter(|path| path.starts_with('/') && !path.starts_with("//"))
            {
                url = format!("{}{path}", origin(&self.endpoint));
                continue;
            }
            let missing =
                |name: &str| Failure { answered: true, reason: format!("{file}: no {name} in the answer") };
            let etag = header("x-linked-etag").or_else(|| header("etag")).ok_or_else(|| missing("etag"))?;
            let etag = etag.trim_start_matches("W/").trim_matches('"').to_owned();
            let commit = header("x-repo-commit").ok_or_else(|| missing("x-repo-commit"))?.to_owned();
            let total = header("content-range").and_then(|range| range.rsplit('/').next());
            let bytes = header("x-linked-size").or(total).and_then(|bytes| bytes.parse().ok());
            return Ok(FileInfo { etag, commit, bytes: bytes.ok_or_else(|| missing("size"))? });
        }
        Err(Failure { answered: true, reason: format!("{file}: more than {REDIRECTS} redirects") })
    }

    /// Writes the bytes of a file, part by part; `progress` hears of each.
    pub(super) fn copy(
        &self,
        model: &str,
        commit: &str,
        file: &str,
        bytes: u64,
        out: &mut dyn Write,
        progress: &dyn Fn(u64),
    ) -> Result<(), Failure> {
        let url = self.file_url(model, commit, file);
        let mut start = 0;
        while start < bytes {
            let end = (start + CHUNK).min(bytes);
            let part = self.part(&url, file, start, end)?;
            out.write_all(&part).map_err(|error| Failure { answered: false, reason: error.to_string() })?;
            progress(end - start);
            start = end;
        }
        Ok(())
    }

    fn part(&self, url: &str, file: &str, start: u64, end: u64) -> Result<Vec<u8>, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_part(url, file, start, end) {
                Err(failure) if tries < TRIES && !failure.answered => {
                    tracing::warn!(file, reason = failure.reason, "asked again");
                }
                result => return result,
            }
        }
    }

    fn try_part(&self, url: &str, file: &str, start: u64, end: u64) -> Result<Vec<u8>, Failure> {
        let mut answer = self.get(&self.following, url, Some((start, end - 1)))?;
        // A server that knows no parts sends all of it each time.
        let skipped = if answer.status().as_u16() == 206 { 0 } else { start };
        let mut reader = answer.body_mut().as_reader();
        let failed =
            |error: std::io::Error| Failure { answered: false, reason: self.redacted(&error.to_string()) };
        std::io::copy(&mut (&mut reader).take(skipped), &mut std::io::sink()).map_err(failed)?;
        let mut part = Vec::new();
        reader.take(end - start).read_to_end(&mut part).map_err(failed)?;
        match part.len() as u64 == end - start {
            true => Ok(part),
            false => {
                let reason =
                    format!("{file}: {} bytes from {start} on, expected {}", part.len(), end - start);
                Err(Failure { answered: false, reason })
            }
        }
    }

    fn get(&self, agent: &Agent, url: &str, range: Option<(u64, u64)>) -> Result<Response<Body>, Failure> {
        let mut request = agent.get(url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some((first, last)) = range {
            request = request.header("Range", format!("bytes={first}-{last}"));
        }
        request.call().map_err(|error| self.failure(&error))
    }

    fn file_url(&self, model: &str, commit: &str, file: &str) -> String {
        format!("{}/{model}/resolve/{commit}/{}", self.endpoint, encoded(file, true))
    }

    fn failure(&self, error: &ureq::Error) -> Failure {
        let answered = matches!(error, ureq::Error::StatusCode(_));
        Failure { answered, reason: self.redacted(&error.to_string()) }
    }

    /// A message without the token and without a name and a password in the server's address.
    fn redacted(&self, message: &str) -> String {
        let message = message.replace(&self.endpoint, &without_user(&self.endpoint));
        self.token.as_ref().map_or(message.clone(), |token| message.replace(token.as_str(), "…"))
    }
}

/// A URL without the name and the password that may stand before its host.
pub(super) fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// The scheme and the host of a URL.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    &url[..url[host..].find('/').map_or(url.len(), |end| host + end)]
}

/// Percent-encoded for a path; slashes stay where they part folders.
fn encoded(text: &str, keep_slashes: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (keep_slashes && byte == b'/');
        if plain { encoded.push(byte.into()) } else { encoded.push_str(&format!("%{byte:02X}")) }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_cut_out_of_urls() {
        for (url, shown) in [
            ("https://user:secret@host/x", "https://host/x"),
            ("https://user:se@cret@host", "https://host"),
            ("https://host/a@b", "https://host/a@b"),
            ("owner/model@main", "owner/model@main"),
        ] {
            assert_eq!(without_user(url), shown);
        }
        assert_eq!(origin("http://host:80/base/path"), "http://host:80");
        assert_eq!(origin("http://host"), "http://host");
        assert_eq!(
            (encoded("refs/pr/1", false), encoded("a b/ü.json", true)),
            ("refs%2Fpr%2F1".into(), "a%20b/%C3%BC.json".into())
        );
    }

    #[test]
    fn messages_hide_the_token() {
        let server = Server::new("https://me:pass@host", Some("hf_secret".into()), Duration::from_secs(1));
        let message = server.redacted("https://me:pass@host/x: Bearer hf_secret refused");
        assert_eq!(message, "https://host/x: Bearer … refused");
    }
}
