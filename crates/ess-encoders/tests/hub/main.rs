//! Models by name, from a server on this machine that answers as the hub does, and from its cache.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod strange_servers;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use ess_core::QueryEncoder;
use ess_encoders::{Error, Hub, SentenceEncoder};
use sha1::{Digest, Sha1};
use sha2::Sha256;

const NAME: &str = "someone/tiny-bert";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn tiny_bert() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny/bert")
}

/// Every file of a model's folder by its path there.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// Git's checksum, or SHA-256 for weights, as the hub has them.
fn etag(name: &str, bytes: &[u8]) -> String {
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if name.ends_with(".safetensors") {
        return hex(&Sha256::digest(bytes));
    }
    hex(&Sha1::new().chain_update(format!("blob {}\0", bytes.len())).chain_update(bytes).finalize())
}

/// A server that has one model, and the paths that it was asked for.
#[derive(Clone)]
struct Server {
    endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `altered` sends other bytes than the checksum of weights says.
    fn start(altered: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { endpoint, asked: Arc::default() };
        let (asked, files) = (server.asked.clone(), files(&tiny_bert()));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &files, altered, &asked);
            }
        });
        server
    }

    fn asked(&self) -> usize {
        std::mem::take(&mut *self.asked.lock().unwrap()).len()
    }
}

fn answer(
    mut stream: TcpStream,
    files: &BTreeMap<String, Vec<u8>>,
    altered: bool,
    asked: &Mutex<Vec<String>>,
) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let path = request.split(' ').nth(1).unwrap().to_owned();
    asked.lock().unwrap().push(path.clone());
    let respond = |stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]| {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n");
        // A client that has seen enough may have gone.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    };
    if path == format!("/api/models/{NAME}/revision/main") {
        let mut names: Vec<_> = files.keys().map(|name| serde_json::json!({"rfilename": name})).collect();
        names.push(serde_json::json!({"rfilename": "pytorch_model.bin"}));
        let body = serde_json::json!({"sha": COMMIT, "siblings": names}).to_string();
        return respond(&mut stream, "200 OK", "Content-Type: application/json\r\n", body.as_bytes());
    }
    let name = path.strip_prefix(&format!("/{NAME}/resolve/{COMMIT}/"));
    let Some((name, bytes)) = name.and_then(|name| files.get_key_value(name)) else {
        return respond(&mut stream, "404 Not Found", "", b"");
    };
    let mut sent = bytes.clone();
    if altered && name.ends_with(".safetensors") {
        *sent.last_mut().unwrap() ^= 1;
    }
    let range = headers.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("range").then(|| value.trim().strip_prefix("bytes=").unwrap().to_owned())
    });
    let (first, last) = range.as_deref().unwrap_or("0-").split_once('-').unwrap();
    let (first, end) =
        (first.parse::<usize>().unwrap(), last.parse().map_or(sent.len(), |last: usize| last + 1));
    let part = &sent[first..end.min(sent.len())];
    let headers = format!(
        "ETag: \"{}\"\r\nX-Repo-Commit: {COMMIT}\r\nContent-Range: bytes {first}-{}/{}\r\n",
        etag(name, bytes),
        end.saturating_sub(1),
        sent.len(),
    );
    respond(&mut stream, "206 Partial Content", &headers, part);
}

fn embedding(folder: &Path) -> Vec<f32> {
    SentenceEncoder::load(folder).unwrap().encode_queries(&["the cat"]).unwrap().row(0).to_vec()
}

#[test]
fn a_model_is_fetched_once_and_is_the_one_on_the_server() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start(false);
    let hub = Hub::new(cache.path()).with_endpoint(&server.endpoint);
    let folder = hub.model_folder(NAME).unwrap();
    assert_eq!(embedding(&folder), embedding(&tiny_bert()));
    assert!(server.asked() > files(&tiny_bert()).len());
    assert!(!folder.join("pytorch_model.bin").exists());

    assert_eq!(hub.model_folder(NAME).unwrap(), folder);
    assert_eq!(server.asked(), 1, "the list of files alone");

    // Without a server, and offline, the cache serves.
    let gone = hub.clone().with_endpoint("http://127.0.0.1:1");
    assert_eq!(gone.model_folder(NAME).unwrap(), folder);
    assert_eq!(hub.clone().with_offline(true).model_folder(NAME).unwrap(), folder);
    assert_eq!(server.asked(), 0);
}

#[test]
fn what_was_not_fetched_whole_is_fetched_again() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start(false);
    let hub = Hub::new(cache.path()).with_endpoint(&server.endpoint);
    let folder = hub.model_folder(NAME).unwrap();
    std::fs::remove_file(folder.join("model.safetensors")).unwrap();
    server.asked();
    assert_eq!(embedding(&hub.model_folder(NAME).unwrap()), embedding(&tiny_bert()));
    // Its content lies under its checksum still.
    assert_eq!(server.asked(), 2, "the list of files, and what the missing one is");
}

#[test]
fn damage_in_the_cache_or_on_the_way_is_found() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start(false);
    let hub = Hub::new(cache.path()).with_endpoint(&server.endpoint);
    let folder = hub.model_folder(NAME).unwrap();
    for file in ["config.json", "model.safetensors"] {
        let path = folder.join(file).canonicalize().unwrap();
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        std::fs::write(&path, bad).unwrap();
        for hub in [hub.clone(), hub.clone().with_offline(true)] {
            let found = hub.model_folder(NAME);
            assert!(matches!(found, Err(Error::HubChecksum { path, .. }) if path.ends_with(file)));
        }
        std::fs::write(&path, good).unwrap();
    }
    // What is no link to a checksum has none.
    let path = folder.join("config.json");
    let (target, bytes) = (std::fs::read_link(&path).unwrap(), std::fs::read(&path).unwrap());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, bytes).unwrap();
    assert!(
        matches!(hub.model_folder(NAME), Err(Error::HubChecksum { path, .. }) if path.ends_with("config.json"))
    );
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(target, &path).unwrap();
    hub.model_folder(NAME).unwrap();
    // A circle of folders is not followed.
    std::os::unix::fs::symlink(&folder, folder.join("circle")).unwrap();
    hub.model_folder(NAME).unwrap();
    let altering = Hub::new(tempfile::tempdir().unwrap().path()).with_endpoint(Server::start(true).endpoint);
    assert!(matches!(altering.model_folder(NAME), Err(Error::HubChecksum { .. })));
}

#[test]
fn a_cache_that_python_laid_out_serves_offline() {
    let cache = tempfile::tempdir().unwrap();
    let model = cache.path().join("models--someone--tiny-bert");
    for (name, bytes) in files(&tiny_bert()) {
        let blob = model.join("blobs").join(etag(&name, &bytes));
        let pointer = model.join("snapshots").join(COMMIT).join(&name);
        std::fs::create_dir_all(blob.parent().unwrap()).unwrap();
        std::fs::create_dir_all(pointer.parent().unwrap()).unwrap();
        std::fs::write(&blob, bytes).unwrap();
        std::os::unix::fs::symlink(&blob, &pointer).unwrap();
    }
    std::fs::create_dir_all(model.join("refs")).unwrap();
    std::fs::write(model.join("refs/main"), COMMIT).unwrap();
    let hub = Hub::new(cache.path()).with_offline(true);
    for name in [NAME.to_owned(), format!("{NAME}@{COMMIT}")] {
        assert_eq!(embedding(&hub.model_folder(&name).unwrap()), embedding(&tiny_bert()));
    }
}

#[test]
fn what_is_not_there_is_said() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::new(cache.path());
    let offline = hub.clone().with_offline(true).model_folder(NAME).unwrap_err().to_string();
    assert!(offline.contains("HF_HUB_OFFLINE") && offline.contains(NAME), "{offline}");
    let without_network =
        hub.clone().with_endpoint("http://127.0.0.1:1").model_folder(NAME).unwrap_err().to_string();
    assert!(
        without_network.contains("network") && without_network.contains("127.0.0.1:1"),
        "{without_network}"
    );
    let unknown = hub.with_endpoint(Server::start(false).endpoint).model_folder("someone/else").unwrap_err();
    assert!(unknown.to_string().contains("404"), "{unknown}");
}

#[test]
fn what_the_cache_names_becomes_no_path() {
    let cache = tempfile::tempdir().unwrap();
    let elsewhere = cache.path().join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("config.json"), "{}").unwrap();
    let model = cache.path().join("models--someone--tiny-bert");
    std::fs::create_dir_all(model.join("refs")).unwrap();
    std::fs::create_dir_all(model.join("snapshots")).unwrap();
    let hub = Hub::new(cache.path()).with_offline(true);
    for named in ["../../elsewhere".to_owned(), elsewhere.display().to_string()] {
        std::fs::write(model.join("refs/main"), named).unwrap();
        assert!(matches!(hub.model_folder(NAME), Err(Error::Hub { .. })));
    }
}

#[test]
fn tokens_and_passwords_are_shown_nowhere() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::new(cache.path()).with_endpoint("http://me:pass-word@127.0.0.1:1");
    let error = hub.model_folder(NAME).unwrap_err();
    for shown in [format!("{hub:?}"), format!("{error}"), format!("{error:?}")] {
        assert!(shown.contains("127.0.0.1:1") && !shown.contains("pass-word"), "{shown}");
    }
}
