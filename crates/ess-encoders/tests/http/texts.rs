//! Which texts are sent, how many at once and how fast.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{Error, HttpConfig, HttpEncoder, HttpLimits};
use ess_testing::encoder::{item_encoder_conforms, query_encoder_conforms};

use crate::server::{Asked, DIM, Server, ok, openai, status, vector};

#[test]
fn it_is_an_encoder_like_others() {
    let server = Server::good();
    let limits = HttpLimits { batch_texts: 2, concurrency: 3, ..server.config().limits };
    let encoder = HttpEncoder::connect(HttpConfig { limits, ..server.config() }).unwrap();
    let texts = ["one", "two words", "a third text", "", "ünïcode", "one"];
    query_encoder_conforms(&encoder, &texts, 0.0);
    item_encoder_conforms(&encoder, &texts, 0.0);
    assert!(matches!(encoder.encode_items(&[]), Err(ess_core::Error::Empty { .. })));
}

#[test]
fn requests_are_bounded_by_texts_and_characters_and_a_text_is_sent_once() {
    let server = Server::good();
    let limits = HttpLimits { batch_texts: 3, batch_chars: 10, ..server.config().limits };
    let encoder = HttpEncoder::connect(HttpConfig { limits, ..server.config() }).unwrap();
    let long = "long ".repeat(10);
    let texts = ["a", "b", "a", "c", "d", "123456789", &long, "e", "b"];
    let vectors = encoder.encode_items(&texts).unwrap();
    assert!(texts.iter().zip(vectors.rows()).all(|(text, row)| row == vector(text)));
    let sent: Vec<_> = server.asked().iter().map(Asked::texts).collect();
    assert_eq!(sent, [vec!["a", "b", "c"], vec!["d", "123456789"], vec![long.as_str()], vec!["e"]]);
}

#[test]
fn a_text_of_a_million_characters_is_sent_whole_or_cut_as_the_settings_say() {
    let server = Server::good();
    let long = "ä".repeat(1_000_000);
    let encoder = HttpEncoder::connect(server.config()).unwrap();
    assert_eq!(encoder.encode_items(&[&long]).unwrap().row(0), vector(&long));
    let cut = HttpConfig { max_text_chars: Some(7), item_prompt: "p".into(), ..server.config() };
    let encoder = HttpEncoder::connect(cut).unwrap();
    assert_eq!(encoder.encode_items(&[&long]).unwrap().row(0), vector(&format!("p{}", "ä".repeat(7))));
}

#[test]
fn queries_and_items_have_their_prompts() {
    let server = Server::good();
    let config =
        HttpConfig { query_prompt: "query: ".into(), item_prompt: "item: ".into(), ..server.config() };
    let encoder = HttpEncoder::connect(config).unwrap();
    assert_eq!(encoder.encode_queries(&["x"]).unwrap().row(0), vector("query: x"));
    assert_eq!(encoder.encode_items(&["x"]).unwrap().row(0), vector("item: x"));
}

#[test]
fn the_dimension_is_asked_for_where_the_settings_do_not_say_it() {
    let server = Server::good();
    let encoder = HttpEncoder::connect(HttpConfig { dimensions: None, ..server.config() }).unwrap();
    assert_eq!(encoder.dim(), DIM);
    assert_eq!(server.asked().len(), 1);
    // An API without a field for it gives all components; the first are kept, as Matryoshka embeddings are.
    let tei = Server::start(|_, asked| ok(&asked.texts().iter().map(|text| vector(text)).collect()));
    let config = HttpConfig { dimensions: Some(2), api: "tei".into(), ..tei.config() };
    let encoder = HttpEncoder::connect(config.clone()).unwrap();
    let (row, whole) = (encoder.encode_items(&["some text"]).unwrap().row(0).to_vec(), vector("some text"));
    let norm = whole[0].hypot(whole[1]);
    assert!(
        encoder.normalizes()
            && (row[0] - whole[0] / norm).abs() < 1e-6
            && (row[1] - whole[1] / norm).abs() < 1e-6
    );
    // Where nothing is cut nothing is scaled.
    let whole = HttpConfig { dimensions: Some(DIM), ..config.clone() };
    let encoder = HttpEncoder::connect(whole).unwrap();
    assert_eq!(encoder.encode_items(&["some text"]).unwrap().row(0), vector("some text"));
    assert!(!encoder.normalizes());
    let too_many = HttpEncoder::connect(HttpConfig { dimensions: Some(5), ..config });
    assert!(matches!(too_many, Err(Error::HttpSetting { name: "dimensions", .. })));
}

#[test]
fn several_requests_are_under_way_at_once() {
    let under_way = Arc::new((Mutex::new(0), Condvar::new()));
    let inside = under_way.clone();
    // Nobody is answered well before four have asked.
    let server = Server::start(move |_, asked| {
        let (count, changed) = &*inside;
        let mut count = count.lock().unwrap();
        *count += 1;
        changed.notify_all();
        let (count, waited) =
            changed.wait_timeout_while(count, Duration::from_secs(30), |count| *count < 4).unwrap();
        drop(count);
        if waited.timed_out() { status(400, "one after another") } else { ok(&openai(asked)) }
    });
    let limits = HttpLimits {
        batch_texts: 1,
        concurrency: 4,
        retries: 0,
        request_seconds: 60.0,
        ..server.config().limits
    };
    let encoder = HttpEncoder::connect(HttpConfig { limits, ..server.config() }).unwrap();
    let texts = ["a", "b", "c", "d", "e"];
    let vectors = encoder.encode_items(&texts).unwrap();
    assert!(texts.iter().zip(vectors.rows()).all(|(text, row)| row == vector(text)));
}

#[test]
fn a_rate_is_kept() {
    let server = Server::good();
    let limits = HttpLimits {
        batch_texts: 1,
        concurrency: 8,
        requests_per_minute: Some(1200.0),
        ..server.config().limits
    };
    let encoder = HttpEncoder::connect(HttpConfig { limits, ..server.config() }).unwrap();
    let started = Instant::now();
    encoder.encode_items(&["a", "b", "c", "d", "e", "f", "g", "h"]).unwrap();
    assert!(started.elapsed() >= Duration::from_millis(350));
}
