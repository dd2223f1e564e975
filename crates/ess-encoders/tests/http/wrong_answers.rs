//! Servers that hang, cut, refuse and answer wrongly: a typed error, and nothing wrong in the cache.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ess_core::ItemEncoder;
use ess_encoders::{Error, HttpConfig, HttpEncoder, HttpLimits};
use ess_testing::damage::{mutations, rounds_or};
use serde_json::json;

use crate::server::{Asked, DIM, Reply, Server, ok, openai, status, vector};

/// Encodes three texts, with a cache that another encoder then finds as empty or as full as it is to be.
fn encode(config: HttpConfig) -> Result<Vec<Vec<f32>>, Error> {
    encode_with(&HttpEncoder::connect(config)?)
}

fn encode_with(encoder: &HttpEncoder) -> Result<Vec<Vec<f32>>, Error> {
    match encoder.encode_items(&["one", "two", "three"]) {
        Ok(vectors) => Ok(vectors.rows().map(<[f32]>::to_vec).collect()),
        Err(ess_core::Error::External(error)) => Err(*error.downcast::<Error>().unwrap()),
        Err(error) => Err(error.into()),
    }
}

fn right() -> Vec<Vec<f32>> {
    ["one", "two", "three"].map(vector).to_vec()
}

/// What becomes of a server's answer; after a failure a good server is asked for all texts, so that the cache had none.
#[track_caller]
fn refused(reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> (Error, usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(reply);
    let cache = folder.path().join("cache");
    let error = encode(HttpConfig { cache: Some(cache.clone()), ..server.config() }).unwrap_err();
    assert!(std::fs::metadata(&cache).unwrap().len() <= 16, "a wrong vector is kept");
    (error, server.asked().len())
}

fn with_data(change: fn(&mut Vec<serde_json::Value>)) -> impl Fn(usize, &Asked) -> Reply {
    move |_, asked| {
        let mut answer = openai(asked);
        change(answer["data"].as_array_mut().unwrap());
        ok(&answer)
    }
}

#[test]
fn a_server_that_hangs_is_a_time_limit() {
    let server = Server::start(|_, _| Reply::Hang(Duration::from_secs(20)));
    let limits = HttpLimits { request_seconds: 0.2, ..server.config().limits };
    let started = Instant::now();
    let error = encode(HttpConfig { limits, ..server.config() }).unwrap_err();
    assert!(matches!(error, Error::HttpTimeLimit { tries: 3, .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_server_that_hangs_in_the_middle_of_an_answer_is_a_time_limit() {
    // A header that promises more, and a connection that stays open: the thread that answers holds it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"data\": [";
            std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
            open.push(stream);
        }
    });
    let good = Server::good().config();
    let limits = HttpLimits { request_seconds: 0.3, retries: 1, ..good.limits };
    let error = encode(HttpConfig { url: url.parse().unwrap(), limits, ..good }).unwrap_err();
    assert!(matches!(error, Error::HttpTimeLimit { tries: 2, .. }), "{error:?}");
}

#[test]
fn an_answer_that_ends_in_the_middle_is_asked_for_again() {
    let cut = |answer: &str| Reply::Raw(answer.as_bytes().to_vec());
    for part in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"data\": [",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"dat",
        "what is no HTTP at all",
    ] {
        let (error, asked) = refused(move |_, _| cut(part));
        assert!(matches!(error, Error::HttpTransport { tries: 3, .. }), "{part:?}: {error:?}");
        assert_eq!(asked, 3);
        let server =
            Server::start(move |number, asked| if number == 0 { cut(part) } else { ok(&openai(asked)) });
        assert_eq!(encode(server.config()).unwrap(), right());
    }
}

#[test]
fn nobody_there_is_a_typed_error() {
    let config = HttpConfig { url: "http://127.0.0.1:1".parse().unwrap(), ..Server::good().config() };
    let error = encode(config).unwrap_err();
    assert!(matches!(error, Error::HttpTransport { tries: 3, .. }), "{error:?}");
}

#[test]
fn a_status_that_may_pass_is_asked_again_and_retry_after_is_heeded() {
    for code in [408, 425, 429, 500, 502, 503, 504, 529] {
        let server = Server::start(move |number, asked| match number {
            0 => Reply::Answer(code, "Retry-After: 0.3\r\n".to_owned(), b"{\"error\": \"busy\"}".to_vec()),
            _ => ok(&openai(asked)),
        });
        assert_eq!(encode(server.config()).unwrap(), right());
        let asked = server.asked();
        assert_eq!(asked.len(), 2);
        assert!(asked[1].at - asked[0].at >= Duration::from_millis(300));
    }
    let (error, asked) = refused(|_, _| status(503, "{\"error\": {\"message\": \"still busy\"}}"));
    assert!(
        matches!(&error, Error::HttpStatus { status: 503, tries: 3, reason, .. } if reason == "still busy")
    );
    assert_eq!(asked, 3);
}

#[test]
fn a_server_that_asks_to_wait_for_hours_is_not_waited_for() {
    for after in ["7200", "Tue, 31 Dec 2199 23:59:59 GMT", "1e300"] {
        let header = format!("Retry-After: {after}\r\n");
        let (error, asked) = refused(move |_, _| Reply::Answer(429, header.clone(), b"slow down".to_vec()));
        assert!(matches!(error, Error::HttpStatus { status: 429, tries: 1, .. }), "{error:?}");
        assert_eq!(asked, 1);
    }
}

#[test]
fn a_status_that_stays_and_a_redirect_are_not_asked_again() {
    for code in [400, 401, 403, 404, 413, 422] {
        let (error, asked) = refused(move |_, _| status(code, "no"));
        assert!(matches!(error, Error::HttpStatus { status, tries: 1, .. } if status == code), "{error:?}");
        assert_eq!(asked, 1);
    }
    for code in [301, 302, 307, 308] {
        let elsewhere = Server::good();
        let header = format!("Location: {}/v1/embeddings\r\n", elsewhere.url);
        let (error, asked) = refused(move |_, _| Reply::Answer(code, header.clone(), Vec::new()));
        assert!(
            matches!(&error, Error::HttpStatus { status, reason, .. } if *status == code && reason.contains("redirect"))
        );
        assert_eq!((asked, elsewhere.asked().len()), (1, 0));
    }
}

#[test]
fn an_answer_of_another_kind_number_order_or_dimension_is_refused() {
    let no_answer = |error: Error, said: &str| {
        let Error::HttpAnswer { reason, .. } = &error else { panic!("{error:?}") };
        assert!(reason.contains(said), "{said:?} is not in {reason:?}");
    };
    no_answer(refused(|_, _| status(200, "<!doctype html><h1>Log in</h1>")).0, "HTML");
    no_answer(refused(|_, _| status(200, "")).0, "JSON");
    no_answer(refused(|_, _| ok(&json!({"data": "none"}))).0, "expected");
    no_answer(refused(|_, _| ok(&json!([[1.0]]))).0, "expected");
    no_answer(refused(|_, _| ok(&json!({"data": []}))).0, "expected 3 embeddings, found 0");
    no_answer(refused(with_data(|data| drop(data.pop()))).0, "index");
    no_answer(refused(with_data(|data| data.push(data[0].clone()))).0, "twice");
    no_answer(refused(with_data(|data| data[0]["index"] = 1.into())).0, "twice");
    no_answer(refused(with_data(|data| data[0]["index"] = 3.into())).0, "index 3");
    no_answer(refused(with_data(|data| data[1]["embedding"] = json!([1.0, 2.0, 3.0]))).0, "components");
    let wider = |data: &mut Vec<serde_json::Value>| {
        data.iter_mut().for_each(|entry| entry["embedding"].as_array_mut().unwrap().push(1.0.into()));
    };
    no_answer(refused(with_data(wider)).0, "expected embeddings of 4 components, found 5");
    no_answer(refused(with_data(|data| data[1]["embedding"] = json!([]))).0, "components");
    no_answer(refused(with_data(|data| data[1]["embedding"][2] = json!(null))).0, "null");
    no_answer(refused(with_data(|data| data[1]["embedding"][2] = json!(1e300))).0, "component 2 is inf");
    no_answer(refused(with_data(|data| data[1]["embedding"] = "no base64".into())).0, "base64");
    let nan = |_: usize, asked: &Asked| status(200, &openai(asked).to_string().replacen("1.0", "NaN", 1));
    no_answer(refused(nan).0, "expected");
    let lone = |_: usize, asked: &Asked| {
        status(200, &openai(asked).to_string().replacen("\"index\"", "\"\\ud800\": 1, \"index\"", 1))
    };
    no_answer(refused(lone).0, "hex escape");
}

#[test]
fn the_reason_of_a_wrong_answer_is_short_and_has_no_control_characters() {
    let long = format!("\u{1b}[2J{}", "x".repeat(50_000));
    for answer in [json!({"data": long}), json!({"data": [{"index": 0, "embedding": long}]})] {
        let (error, _) = refused(move |_, _| ok(&answer));
        let Error::HttpAnswer { reason, .. } = &error else { panic!("{error:?}") };
        assert!(reason.chars().count() <= 401 && !reason.contains('\u{1b}'), "{reason:?}");
    }
    let (error, _) = refused(move |_, _| status(400, "\u{1b}[2Jno"));
    assert!(matches!(&error, Error::HttpStatus { reason, .. } if reason == "\u{fffd}[2Jno"), "{error:?}");
}

#[test]
fn an_answer_without_an_end_is_cut_off() {
    let (error, asked) = refused(|_, _| status(200, &"x".repeat(64 << 20)));
    assert!(matches!(&error, Error::HttpAnswer { reason, .. } if reason.contains("bytes")), "{error:?}");
    assert_eq!(asked, 1);
}

#[test]
fn another_dimension_in_a_later_answer_is_refused_and_what_came_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Some(folder.path().join("cache"));
    let server = Server::start(|number, asked| {
        let mut answer = openai(asked);
        if number == 2 {
            answer["data"][0]["embedding"] = json!([1.0, 2.0]);
        }
        ok(&answer)
    });
    let one_by_one = HttpLimits { batch_texts: 1, ..server.config().limits };
    let config = HttpConfig { dimensions: None, cache, limits: one_by_one, ..server.config() };
    let error = encode(config.clone()).unwrap_err();
    assert!(matches!(&error, Error::HttpAnswer { reason, .. } if reason.contains("found 2")), "{error:?}");
    server.asked();
    assert_eq!(encode(config).unwrap(), right());
    let texts: Vec<_> = server.asked().iter().flat_map(Asked::texts).collect();
    assert_eq!(texts, ["two", "three"], "neither the dimension nor the first text is asked for again");
    assert_eq!(DIM, 4);
}

/// A whole response as networks and proxies damage it, its head as well as its body: as many vectors as texts, or a typed error,
/// and no waiting for what does not come. Of bodies alone many more are tried beside the APIs.
#[test]
fn a_damaged_response_is_vectors_or_a_typed_error() {
    let texts = ["one", "two", "three"].into_iter().enumerate();
    let data: Vec<_> =
        texts.map(|(index, text)| json!({"index": index, "embedding": vector(text)})).collect();
    let body = json!({"data": data, "model": "m"}).to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ";
    let good = format!("{head}{}\r\n\r\n{body}", body.len()).into_bytes();
    let next = Arc::new(Mutex::new(good.clone()));
    let answers = next.clone();
    let server = Server::start(move |_, _| Reply::Raw(answers.lock().unwrap().clone()));
    let limits = HttpLimits { retries: 0, ..server.config().limits };
    let encoder = HttpEncoder::connect(HttpConfig { limits, ..server.config() }).unwrap();
    assert_eq!(encode_with(&encoder).unwrap(), right());
    let (mut tried, mut read) = (0, 0);
    // Each is a connection of its own, of which a machine has thirty thousand a minute.
    for bytes in mutations(&good, 1, rounds_or(1000, 20_000)).filter(|bytes| *bytes != good) {
        tried += 1;
        *next.lock().unwrap() = bytes;
        match encode_with(&encoder) {
            Ok(vectors) => {
                read += 1;
                let finite = |row: &Vec<f32>| row.len() == DIM && row.iter().all(|x| x.is_finite());
                assert!(vectors.len() == 3 && vectors.iter().all(finite), "{vectors:?}");
            }
            Err(Error::HttpTransport { .. } | Error::HttpStatus { .. } | Error::HttpAnswer { .. }) => {}
            Err(error) => panic!("{error:?} of {}", next.lock().unwrap().escape_ascii()),
        }
    }
    println!("{tried} damaged responses, {read} of which are vectors");
    assert!(read > 0 && read < tried, "{read} of {tried} are vectors");
}
