//! Which request is answered by what.

use std::{sync::Arc, time::Duration};

use http_body_util::BodyExt;
use hyper::{
    Method, Request, StatusCode,
    body::{Body, Incoming},
    header,
};
use serde_json::json;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    answer::{self, Answer},
    arguments::Arguments,
    failure::{Failure, Kind},
    model::About,
    openai, tei,
    worker::{Encoded, Wanted, Worker},
};

/// Bytes of a body that are read beyond what is taken.
const THROWN_AWAY: u64 = 64 << 20;

/// What all connections share.
pub(super) struct Service {
    about: About,
    worker: Worker,
    /// Requests that may be read, wait and be computed at once.
    places: Semaphore,
    queue: usize,
    max_texts: usize,
    max_body: usize,
    time_limit: Duration,
}

impl Service {
    pub(super) fn new(arguments: &Arguments, about: About, worker: Worker) -> Self {
        Self {
            about,
            worker,
            places: Semaphore::new(arguments.queue),
            queue: arguments.queue,
            max_texts: arguments.max_texts,
            max_body: arguments.max_body << 20,
            time_limit: Duration::from_secs_f64(arguments.time_limit),
        }
    }

    pub(super) fn time_limit(&self) -> Duration {
        self.time_limit
    }

    pub(super) async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, "/health") => answer::empty(StatusCode::OK),
            (&Method::GET | &Method::HEAD, "/info") => tei::info(&self.about, self.queue, self.max_texts),
            (&Method::GET | &Method::HEAD, "/v1/models") => openai::models(&self.about),
            (&Method::POST, "/v1/embeddings") => {
                self.openai(request).await.unwrap_or_else(|failure| openai::failure(&failure))
            }
            // Clients of the Hugging Face hub post there.
            (&Method::POST, "/embed" | "/") => {
                self.tei(request).await.unwrap_or_else(|failure| tei::failure(&failure))
            }
            (_, "/health" | "/info" | "/v1/models") => not_allowed("GET or HEAD", "GET, HEAD"),
            (_, "/v1/embeddings" | "/embed" | "/") => not_allowed("POST", "POST"),
            (_, path) => {
                let known = "/v1/embeddings, /embed, /health, /info and /v1/models";
                let message = format!("nothing is at {path}; there are {known}");
                answer::json(
                    StatusCode::NOT_FOUND,
                    &json!({"error": {"message": message, "type": "invalid_request_error"}}),
                )
            }
        }
    }

    async fn openai(&self, request: Request<Incoming>) -> Result<Answer, Failure> {
        let read = |body: &[u8]| openai::wanted(body, &self.about);
        let (encoded, format) = self.encoded(request, "input", read).await?;
        Ok(openai::answer(&encoded, format, &self.about))
    }

    async fn tei(&self, request: Request<Incoming>) -> Result<Answer, Failure> {
        let read = |body: &[u8]| tei::wanted(body, &self.about).map(|wanted| (wanted, ()));
        let (encoded, ()) = self.encoded(request, "inputs", read).await?;
        Ok(tei::answer(&encoded))
    }

    /// The embeddings that a request asks for, within the time limit.
    async fn encoded<F>(
        &self,
        request: Request<Incoming>,
        field: &'static str,
        read: impl Fn(&[u8]) -> Result<(Wanted, F), Failure>,
    ) -> Result<(Encoded, F), Failure> {
        let end = Instant::now() + self.time_limit;
        let Ok(_place) = self.places.try_acquire() else {
            throw_away(request).await;
            return Err(Failure::new(Kind::Overloaded, "too many requests at once"));
        };
        let slow = |_| Failure::new(Kind::Slow, "the body did not come in time");
        let body = tokio::time::timeout_at(end, self.body(request)).await.map_err(slow)??;
        let (wanted, format) = read(&body)?;
        drop(body);
        match wanted.texts.len() {
            0 => {
                return Err(Failure::of(
                    field,
                    Kind::Invalid,
                    format!("{field}: expected at least one text, found none"),
                ));
            }
            texts if texts > self.max_texts => {
                let message = format!("{field}: expected at most {} texts, found {texts}", self.max_texts);
                return Err(Failure::of(field, Kind::TooLarge, message));
            }
            _ => {}
        }
        let late = |_| Failure::new(Kind::OutOfTime, "the embeddings were not computed in time");
        let encoded = tokio::time::timeout_at(end, self.worker.encode(wanted)).await.map_err(late)??;
        Ok((encoded, format))
    }

    /// The body. One that is too large is read to its end all the same where that is near, and thrown away: whoever sends it
    /// would else lose the answer with the connection.
    async fn body(&self, request: Request<Incoming>) -> Result<Vec<u8>, Failure> {
        let most = self.max_body as u64;
        let too_large = || Failure::new(Kind::TooLarge, format!("a body of more than {} MiB", most >> 20));
        if request.body().size_hint().lower() > most.saturating_add(THROWN_AWAY) {
            return Err(too_large());
        }
        let (mut body, mut bytes, mut total) = (request.into_body(), Vec::new(), 0_u64);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Failure::new(Kind::Malformed, "the body ends in the middle"))?;
            let Some(data) = frame.data_ref() else { continue };
            total = total.saturating_add(data.len() as u64);
            match total {
                total if total <= most => bytes.extend_from_slice(data),
                total if total <= most.saturating_add(THROWN_AWAY) => bytes = Vec::new(),
                _ => break,
            }
        }
        if total > most { Err(too_large()) } else { Ok(bytes) }
    }
}

/// Reads a body that nobody has a use for, where it comes soon.
async fn throw_away(request: Request<Incoming>) {
    let read = async {
        let (mut body, mut total) = (request.into_body(), 0_u64);
        while let Some(Ok(frame)) = body.frame().await {
            total = total.saturating_add(frame.data_ref().map_or(0, |data| data.len() as u64));
            if total > THROWN_AWAY {
                break;
            }
        }
    };
    // That it does not come is no reason to wait.
    let _ = tokio::time::timeout(Duration::from_secs(1), read).await;
}

fn not_allowed(expected: &str, allowed: &'static str) -> Answer {
    let message = format!("expected the method {expected}");
    let mut answer = answer::json(
        StatusCode::METHOD_NOT_ALLOWED,
        &json!({"error": {"message": message, "type": "invalid_request_error"}}),
    );
    answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    answer
}
