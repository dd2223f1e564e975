//! Servers that are silent, that name what they should not, and whose answers are damaged.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ess_encoders::{Error, Hub};
use ess_testing::{
    Scratch,
    damage::{mutations, rounds_or},
};

use crate::{COMMIT, NAME, files};

/// A status, more headers (each with its line end) and a body.
type Answer = (&'static str, String, Vec<u8>);

/// What is done with a request.
enum Reply {
    Whole(Answer),
    /// All of an answer but its last byte, and then nothing more.
    Begun(Answer),
    Silence,
}

/// A server that answers every request with what `answer` makes of its path.
fn answering(answer: impl Fn(&str) -> Reply + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let mut send = |(status, headers, body): &Answer, sent: usize| {
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
                );
                // A client that has seen enough may have gone.
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[..sent]));
            };
            match answer(&path) {
                Reply::Whole(answer) => send(&answer, answer.2.len()),
                Reply::Begun(answer) => {
                    send(&answer, answer.2.len() - 1);
                    silent.push(stream);
                }
                Reply::Silence => silent.push(stream),
            }
        }
    });
    endpoint
}

fn listing(sha: &str, file: &str) -> Reply {
    let list = serde_json::json!({"sha": sha, "siblings": [{"rfilename": file}]}).to_string();
    Reply::Whole(("200 OK", String::new(), list.into_bytes()))
}

/// The whole of a file of two bytes, which is more than is asked for where the first is.
fn two_bytes(etag: &str, commit: &str) -> Answer {
    let headers = format!("ETag: \"{etag}\"\r\nX-Repo-Commit: {commit}\r\nContent-Range: bytes 0-0/2\r\n");
    ("206 Partial Content", headers, b"{}".to_vec())
}

/// The SHA-256 of these two bytes.
const SUM: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

#[test]
fn a_server_that_is_silent_is_not_waited_for() {
    let limit = Duration::from_millis(200);
    let ask = |endpoint: String| {
        let cache = tempfile::tempdir().unwrap();
        Hub::new(cache.path())
            .with_endpoint(endpoint)
            .with_time_limit(limit)
            .model_folder(NAME)
            .unwrap_err()
            .to_string()
    };
    let never = ask(answering(|_| Reply::Silence));
    assert!(never.contains("timeout"), "{never}");
    let after_the_list = ask(answering(|path| match path.starts_with("/api") {
        true => listing(COMMIT, "config.json"),
        false => Reply::Silence,
    }));
    assert!(after_the_list.contains("config.json") && after_the_list.contains("timeout"), "{after_the_list}");
    // It says what the file is, and is silent in the middle of its bytes.
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let in_the_file = ask(answering(move |path| match path.starts_with("/api") {
        true => listing(COMMIT, "config.json"),
        false if counted.fetch_add(1, Ordering::SeqCst) == 0 => Reply::Whole(two_bytes(SUM, COMMIT)),
        false => Reply::Begun(two_bytes(SUM, COMMIT)),
    }));
    assert!(in_the_file.contains("config.json") && in_the_file.contains("timeout"), "{in_the_file}");
    assert!(asked.load(Ordering::SeqCst) > 1, "the bytes were not asked for");
}

/// Whatever is damaged in what a server says of a model, nothing is kept that is not what its checksum says, and nothing outside
/// the cache.
#[test]
fn a_damaged_answer_is_the_model_or_a_typed_error() {
    let Reply::Whole((_, _, list)) = listing(COMMIT, "config.json") else { panic!("no list") };
    let (_, headers, file) = two_bytes(SUM, COMMIT);
    let good = [list, headers.into_bytes()];
    let (mut tried, mut fetched) = (0, 0);
    let next = Arc::new(Mutex::new(good.clone()));
    let answers = next.clone();
    let endpoint = answering(move |path| {
        let [list, headers] = answers.lock().unwrap().clone();
        match path.starts_with("/api") {
            true => Reply::Whole(("200 OK", String::new(), list)),
            false => {
                let headers = String::from_utf8_lossy(&headers).into_owned();
                Reply::Whole(("206 Partial Content", headers, b"{}".to_vec()))
            }
        }
    });
    for part in 0..2 {
        let rounds = rounds_or(300, 5000);
        for bytes in mutations(&good[part], part as u64, rounds).filter(|bytes| *bytes != good[part]) {
            tried += 1;
            let mut answers = good.clone();
            answers[part] = bytes;
            *next.lock().unwrap() = answers;
            let folder = Scratch::new();
            let found = Hub::new(folder.path().join("cache")).with_endpoint(&endpoint).model_folder(NAME);
            let mut kept = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            assert!(kept.all(|name| name == "cache"), "something is outside the cache");
            match found {
                Ok(model) => {
                    fetched += 1;
                    assert!(files(&model).values().all(|content| *content == file));
                }
                Err(Error::Hub { .. } | Error::HubChecksum { .. } | Error::Io { .. } | Error::Files(_)) => {}
                Err(error) => panic!("{error:?} of {:?}", next.lock().unwrap()),
            }
        }
    }
    println!("{tried} damaged answers, of {fetched} of which the model comes");
    assert!(fetched > 0 && fetched < tried, "the model comes of {fetched} of {tried}");
}

#[test]
fn what_a_server_names_becomes_no_path() {
    let ask = |sha: &'static str, file: &'static str, etag: &'static str, commit: &'static str| {
        let cache = tempfile::tempdir().unwrap();
        let endpoint = answering(move |path| match path.starts_with("/api") {
            true => listing(sha, file),
            false => Reply::Whole(two_bytes(etag, commit)),
        });
        let error =
            Hub::new(cache.path().join("cache")).with_endpoint(endpoint).model_folder(NAME).unwrap_err();
        assert!(!cache.path().join("escaped").exists());
        let Error::Hub { reason, .. } = error else { panic!("{error}") };
        reason
    };
    for sha in ["../../../escaped", "/tmp/escaped", "main", ""] {
        assert!(ask(sha, "config.json", SUM, COMMIT).contains("commit"), "{sha}");
    }
    for etag in ["../../../../escaped", "/tmp/escaped", "abc", "W/\"44136fa355b3678a\""] {
        assert!(ask(COMMIT, "config.json", etag, COMMIT).contains("checksum"), "{etag}");
    }
    assert!(ask(COMMIT, "config.json", SUM, "../../../escaped").contains("commit"));
    for file in ["../escaped.json", "/escaped.json", "a/../../escaped.json", "..\\escaped.json"] {
        assert!(ask(COMMIT, file, SUM, COMMIT).contains("neither configuration"), "{file}");
    }
}
