//! The HTTP client of the stores: that of the rest of ESS, so that no second one is built.

use std::{fmt, io, time::Duration};

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::{
    ClientConfigKey, ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
        HttpService,
    },
};
use ureq::{
    Agent, AsSendBody, Body,
    http::{
        Method, Request, Response, StatusCode,
        header::{CONTENT_LENGTH, RANGE},
        request::Parts,
    },
};

use super::{failure::Failure, settings::ObjectSettings, waiting::note};

/// A page of a list, or a reason, at most.
const ANSWER_BYTES: u64 = 16 << 20;
/// As much of an answer that is no success as a code needs.
const REASON_BYTES: usize = 1 << 12;
/// Who gives credentials to machines of a cloud; elsewhere nobody is there.
const METADATA_HOSTS: [&str; 3] = ["169.254.169.254", "169.254.170.2", "metadata.google.internal"];
const METADATA_SECONDS: u64 = 1;

/// Makes clients.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    connect: Duration,
    request: Duration,
    most: u64,
}

impl Connector {
    pub(super) fn new(settings: &ObjectSettings) -> Self {
        Self {
            connect: Duration::from_secs_f64(settings.connect_seconds),
            request: Duration::from_secs_f64(settings.request_seconds),
            most: ANSWER_BYTES.max(settings.block_bytes as u64),
        }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allow_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        let config = Agent::config_builder()
            .timeout_global(Some(self.request))
            .timeout_connect(Some(self.connect))
            .https_only(!allow_http.is_some_and(|value| is_yes(&value)))
            .http_status_as_error(false)
            // A signature is not taken elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // WebDAV's.
            .allow_non_standard_methods(true)
            // Lengths are those of the object.
            .accept_encoding("identity")
            .user_agent(concat!("ess/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(HttpClient::new(Service { agent: config.into(), most: self.most }))
    }
}

#[derive(Clone)]
struct Service {
    agent: Agent,
    /// Bytes of an answer at most.
    most: u64,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy may have a password.
        f.debug_struct("Service").field("most", &self.most).finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let service = self.clone();
        let asked = tokio::task::spawn_blocking(move || service.ask(parts, &body)).await;
        let (answer, failure) = match asked {
            Ok(Ok((answer, failure))) => (Ok(answer), failure),
            Ok(Err(none)) => (Err(none.error), Some(none.failure)),
            Err(stopped) => (Err(HttpError::new(HttpErrorKind::Unknown, stopped)), None),
        };
        note(failure);
        answer
    }
}

/// No answer, or a part of one.
struct NoAnswer {
    error: HttpError,
    failure: Failure,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Reason(String);

impl Service {
    /// The answer, and what it means where it is no success.
    fn ask(&self, mut parts: Parts, body: &[u8]) -> Result<(HttpResponse, Option<Failure>), NoAnswer> {
        let host = parts.uri.host().unwrap_or_default().to_owned();
        let is_part = parts.headers.contains_key(RANGE);
        // The client says it by itself.
        parts.headers.remove(CONTENT_LENGTH);
        let has_body = !body.is_empty() || parts.method == Method::PUT || parts.method == Method::POST;
        let answer = match has_body {
            true => self.run(&host, Request::from_parts(parts, body)),
            false => self.run(&host, Request::from_parts(parts, ())),
        };
        let (parts, mut body) = answer.map_err(|error| no_answer(&host, &error))?.into_parts();
        if is_part && parts.status == StatusCode::OK {
            // All of an object in the place of a part of it: it may be larger than the memory.
            let failure = Failure::Refused("it does not give parts of objects".to_owned());
            return Ok((Response::from_parts(parts, HttpResponseBody::from(Vec::new())), Some(failure)));
        }
        let read = body.with_config().limit(self.most).read_to_vec();
        let bytes = read.map_err(|error| no_answer(&host, &error))?;
        let start = &bytes[..bytes.len().min(REASON_BYTES)];
        let failure = (!parts.status.is_success()).then(|| Failure::of_answer(parts.status, start));
        Ok((Response::from_parts(parts, HttpResponseBody::from(bytes)), failure))
    }

    fn run(&self, host: &str, request: Request<impl AsSendBody>) -> Result<Response<Body>, ureq::Error> {
        let mut config = self.agent.configure_request(request);
        if METADATA_HOSTS.contains(&host) {
            config = config.proxy(None).timeout_connect(Some(Duration::from_secs(METADATA_SECONDS)));
        } else if is_this_machine(host) {
            // It is not behind a proxy, whatever the environment says.
            config = config.proxy(None);
        }
        self.agent.run(config.build())
    }
}

/// As `object_store` reads what was given as a text.
fn is_yes(value: &str) -> bool {
    ["1", "true", "on", "yes", "y"].contains(&&*value.to_ascii_lowercase())
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// What kept an answer from coming, without the URL.
fn no_answer(host: &str, error: &ureq::Error) -> NoAnswer {
    let (kind, said) = match error {
        ureq::Error::Timeout(_) => (HttpErrorKind::Timeout, error.to_string()),
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            (HttpErrorKind::Connect, error.to_string())
        }
        ureq::Error::Io(cause) => (kind_of_io(cause), error.to_string()),
        ureq::Error::Protocol(_) => (HttpErrorKind::Interrupted, error.to_string()),
        ureq::Error::BodyExceedsLimit(bytes) => {
            (HttpErrorKind::Decode, format!("an answer of more than {bytes} bytes"))
        }
        ureq::Error::RequireHttpsOnly(_) => (
            HttpErrorKind::Unknown,
            "http without TLS, which allow_http allows (AWS_ALLOW_HTTP=true)".to_owned(),
        ),
        // Their texts may hold addresses.
        ureq::Error::BadUri(_) => (HttpErrorKind::Unknown, "an address that cannot be asked".to_owned()),
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
            (HttpErrorKind::Connect, "the proxy of the environment does not work".to_owned())
        }
        _ => (HttpErrorKind::Unknown, error.to_string()),
    };
    let mut reason = format!("no answer from {host}: {said}");
    if METADATA_HOSTS.contains(&host) {
        reason.push_str("; it was asked for credentials, as the environment has none");
    }
    let failure = match error {
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::RequireHttpsOnly(_) | ureq::Error::BadUri(_) => {
            Failure::Refused(reason.clone())
        }
        _ => Failure::Unreachable(reason.clone()),
    };
    NoAnswer { error: HttpError::new(kind, Reason(reason)), failure }
}

fn kind_of_io(cause: &io::Error) -> HttpErrorKind {
    match cause.kind() {
        io::ErrorKind::TimedOut => HttpErrorKind::Timeout,
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NotConnected => HttpErrorKind::Connect,
        _ => HttpErrorKind::Interrupted,
    }
}
