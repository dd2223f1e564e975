//! The key is in its header, and in nothing that is shown, written or logged.

use std::{
    error::Error as _,
    fmt::{Debug, Write as _},
    sync::Mutex,
    time::Duration,
};

use ess_core::ItemEncoder;
use ess_encoders::{Error, HttpConfig, HttpEncoder, HttpLimits};
use tracing::{Event, Metadata, Subscriber, field::Field, span};

use crate::server::{Reply, Server, ok, openai, status};

// That of this process, which a test may not change: cargo sets it.
const VARIABLE: &str = "CARGO_PKG_NAME";
const KEY: &str = env!("CARGO_PKG_NAME");

static LOGGED: Mutex<String> = Mutex::new(String::new());

/// Keeps all that is logged.
struct Log;

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(LOGGED.lock().unwrap(), "{field}={value:?} ");
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("ess_encoders::http")
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Log);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Log);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Log);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[track_caller]
fn is_silent(text: &str) {
    let said = text.to_lowercase();
    assert!(!said.contains(KEY) && !said.contains("bearer"), "{text}");
}

fn with_key(server: &Server) -> HttpConfig {
    let limits = HttpLimits { retries: 1, ..server.config().limits };
    HttpConfig { key_env: Some(VARIABLE.into()), limits, ..server.config() }
}

fn repeated(pad: usize) -> String {
    format!("{}Authorization: {KEY} is wrong", "x".repeat(pad))
}

fn as_json(pad: usize) -> String {
    serde_json::json!({"error": {"message": repeated(pad)}}).to_string()
}

#[test]
fn of_a_server_that_repeats_it_in_every_way() {
    tracing::subscriber::set_global_default(Log).unwrap();
    let replies: Vec<Box<dyn Fn() -> Reply + Send + Sync>> = vec![
        Box::new(|| status(401, &repeated(0))),
        Box::new(|| status(429, &as_json(0))),
        // Where the message is cut the key stands in the middle.
        Box::new(|| status(500, &as_json(395 - "Authorization: ".len()))),
        Box::new(|| Reply::Answer(302, format!("Location: http://127.0.0.1:1/{KEY}\r\n"), Vec::new())),
        Box::new(|| status(200, &format!("<html>{KEY}</html>"))),
        Box::new(|| status(200, &format!("{{\"data\": \"{KEY}\"}}"))),
        Box::new(|| status(200, &format!("{{\"data\": [{{\"index\": 0, \"embedding\": \"{KEY}\"}}]}}"))),
        Box::new(|| Reply::Raw(format!("HTTP/1.1 {KEY}\r\n\r\n").into_bytes())),
        Box::new(|| Reply::Raw(KEY.as_bytes().to_vec())),
        Box::new(|| Reply::Hang(Duration::from_secs(60))),
    ];
    let hanging = replies.len() - 1;
    for (number, reply) in replies.into_iter().enumerate() {
        let server = Server::start(move |_, _| reply());
        let mut config = with_key(&server);
        if number == hanging {
            config.limits.request_seconds = 1.0;
        }
        let encoder = HttpEncoder::connect(config).unwrap();
        let error = encoder.encode_items(&["a"]).unwrap_err();
        let mut said = format!("{error} {error:?} {error:#?}");
        let mut cause = error.source();
        while let Some(error) = cause {
            said.push_str(&format!("{error} {error:?}"));
            cause = error.source();
        }
        is_silent(&said);
        let asked = server.asked();
        assert_eq!(asked[0].header("authorization").unwrap(), format!("Bearer {KEY}"), "{number}");
    }
    let logged = LOGGED.lock().unwrap().clone();
    assert!(logged.contains("asked again"), "nothing is logged: {logged}");
    is_silent(&logged);
}

#[test]
fn of_settings_and_of_a_header_of_ones_own() {
    let server = Server::start(|_, asked| ok(&openai(asked)));
    let config = HttpConfig { key_header: Some("api-key".into()), ..with_key(&server) };
    is_silent(&format!("{config:?} {}", serde_json::to_string(&config).unwrap()));
    let encoder = HttpEncoder::connect(config.clone()).unwrap();
    encoder.encode_items(&["a"]).unwrap();
    is_silent(&format!("{:?}", encoder.config()));
    let asked = server.asked();
    assert_eq!((asked[0].header("api-key"), asked[0].header("authorization")), (Some(KEY), None));

    let without = HttpEncoder::connect(HttpConfig { key_env: Some("ESS_NO_SUCH_KEY".into()), ..config });
    let error = without.map(drop).unwrap_err();
    assert!(matches!(&error, Error::HttpKey { variable, .. } if variable == "ESS_NO_SUCH_KEY"), "{error:?}");
    // A variable that cargo sets with spaces in it.
    let spaces = HttpEncoder::connect(HttpConfig {
        key_env: Some("CARGO_PKG_DESCRIPTION".into()),
        ..with_key(&server)
    });
    let error = spaces.map(drop).unwrap_err();
    assert!(matches!(error, Error::HttpKey { .. }));
    assert!(!format!("{error} {error:?}").contains(&env!("CARGO_PKG_DESCRIPTION")[..8]));
}

#[test]
fn no_key_is_sent_where_none_is_named() {
    let server = Server::good();
    HttpEncoder::connect(server.config()).unwrap().encode_items(&["a"]).unwrap();
    assert_eq!(server.asked()[0].header("authorization"), None);
}
