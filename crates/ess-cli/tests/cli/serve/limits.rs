//! Too much at once, clients that are slow or gone, and the end.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{Served, answer};
use crate::program::{read_json, run};

fn body(texts: usize, words: usize) -> String {
    json!({"model": "bert", "input": vec!["cat ".repeat(words); texts]}).to_string()
}

fn head(length: usize) -> String {
    format!(
        "POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )
}

#[test]
fn a_body_that_is_too_large_is_refused_whether_its_length_is_said_or_not() {
    let server = Served::start(&["--max-body", "1"]);
    let refused = server.post("/v1/embeddings", body(1, 1 << 19));
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].as_str()),
        (413, Some("invalid_request_error"))
    );
    let mut stream = server.connect();
    stream.write_all(head(usize::MAX / 2).as_bytes()).unwrap();
    assert_eq!(answer(stream).status, 413);
    let mut stream = server.connect();
    let chunked =
        "POST /embed HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(chunked.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(1 << 16));
    for _ in 0..17 {
        // It may have refused already.
        let _ = stream.write_all(chunk.as_bytes());
    }
    let _ = stream.write_all(b"0\r\n\r\n");
    assert_eq!(answer(stream).status, 413);
    server.post("/v1/embeddings", body(1, 1 << 12)).ok();
}

#[test]
fn a_client_that_is_slow_is_told_so_and_others_are_served_meanwhile() {
    // Longer than the test may take, however busy the machine is.
    let server = Served::start(&["--time-limit", "3600", "--queue", "2"]);
    let mut slow = server.connect();
    slow.write_all(head(1000).as_bytes()).unwrap();
    slow.write_all(b"{\"model\"").unwrap();
    server.post("/v1/embeddings", body(1, 1)).ok();
    // As soon as two are being read, a third comes too many. The second is itself refused where it arrives beside the third.
    let started = Instant::now();
    let (refused, gone) = loop {
        let mut second = server.connect();
        second.write_all(head(1000).as_bytes()).unwrap();
        let answer = server.post("/v1/embeddings", body(1, 1));
        if answer.status != 200 {
            break (answer, second);
        }
        assert!(started.elapsed() < Duration::from_secs(600), "it takes more than it should");
    };
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(refused.head.contains("retry-after: 1"));
    assert_eq!(server.get("/health").status, 200);
    // With one of them gone there is room again, as soon as the server sees it.
    drop(gone);
    while server.post("/v1/embeddings", body(1, 1)).status != 200 {
        assert!(started.elapsed() < Duration::from_secs(600), "the room of one that is gone is not free");
    }
}

#[test]
fn a_body_that_does_not_come_in_time_is_given_up() {
    let server = Served::start(&["--time-limit", "1"]);
    let mut slow = server.connect();
    slow.write_all(head(1000).as_bytes()).unwrap();
    slow.write_all(b"{\"model\"").unwrap();
    assert_eq!(answer(slow).status, 408);
}

#[test]
fn a_client_that_does_not_read_its_answers_loses_its_connection() {
    let server = Served::start(&["--time-limit", "1", "--connections", "1"]);
    let mut deaf = server.connect();
    deaf.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    // Each answer repeats the path, until neither side takes more.
    let asked = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(50_000));
    let sent = (0..4000).take_while(|_| deaf.write_all(asked.as_bytes()).is_ok()).count();
    assert!(sent < 4000, "the server took all that was sent");
    assert_eq!(server.get("/health").status, 200);
    drop(deaf);
}

#[test]
fn what_is_not_http_and_what_is_cut_does_no_harm() {
    let server = Served::start(&[]);
    for bytes in [
        &b"\xff\xfe\x00 nonsense\r\n\r\n"[..],
        b"POST /embed HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET",
        b"",
    ] {
        let mut stream = server.connect();
        stream.write_all(bytes).unwrap();
        drop(stream);
    }
    let mut long = server.connect();
    // One that refuses closes the connection while more is sent.
    let _ = long.write_all(format!("GET /health HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(1 << 20)).as_bytes());
    drop(long);
    server.post("/v1/embeddings", body(2, 2)).ok();
}

#[test]
fn many_clients_at_once_get_their_own_answers() {
    let server = Served::start(&["--queue", "64"]);
    let ask = |number: usize| {
        let text = format!("cat {}", "mat ".repeat(number));
        let [first, second] =
            [(); 2].map(|()| server.post("/embed", json!({"inputs": text}).to_string()).ok());
        assert_eq!(first, second);
        first.to_string()
    };
    let answers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..12).map(|number| scope.spawn(move || ask(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!((0..12).all(|number| ask(number) == answers[number]));
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_told_to() {
    let mut server = Served::start(&[]);
    let id = server.process.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let started = Instant::now();
    loop {
        if let Some(status) = server.process.try_wait().unwrap() {
            assert_eq!(status.code(), Some(130));
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "it goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_address_is_said_as_json_and_wrong_flags_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("address.json");
    let server = Served::start(&["--json", path.to_str().unwrap()]);
    let said = read_json(&path);
    assert_eq!(said["address"], server.url());
    assert_eq!(said["model"], "bert");

    let model = crate::encode::tiny_model();
    let serve = |more: &[&str]| {
        let own = ["--model", model.to_str().unwrap()];
        run("serve-embeddings", own.into_iter().chain(more.iter().copied()))
    };
    let port = server.address.rsplit(':').next().unwrap();
    serve(&["--port", port]).failed_with(&["--port", port]);
    serve(&["--queue", "0"]).failed_with(&["--queue", "found 0"]);
    serve(&["--time-limit", "NaN"]).failed_with(&["--time-limit"]);
    serve(&["--host", "nowhere"]).failed_with(&["--host"]);
    run("serve-embeddings", ["--model", "no/such/folder"]).failed_with(&["no/such/folder"]);
}
