//! The thread that computes, one request after another.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use ess_core::Embeddings;
use tokio::sync::oneshot;

use super::{
    arguments::PromptName,
    failure::{Failure, Kind},
    model::ServedModel,
};

/// What is to be encoded.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) texts: Vec<String>,
    pub(super) prompt: Option<PromptName>,
    /// Whether texts that are too long are cut rather than refused.
    pub(super) truncate: bool,
    /// Whether vectors are brought to unit norm.
    pub(super) normalize: bool,
    /// The first components alone, brought to unit norm.
    pub(super) dimensions: Option<usize>,
}

/// What came of it.
pub(super) struct Encoded {
    pub(super) rows: Embeddings,
    /// The tokens of all texts, of each as many as were read.
    pub(super) tokens: usize,
}

type Reply = oneshot::Sender<Result<Encoded, Failure>>;

/// Takes requests to the thread.
pub(super) struct Worker(SyncSender<(Wanted, Reply)>);

impl Worker {
    /// Starts the thread, before which so many requests may wait.
    pub(super) fn start(model: ServedModel, queue: usize) -> Self {
        let (sender, receiver) = sync_channel(queue);
        std::thread::spawn(move || work(&model, &receiver));
        Self(sender)
    }

    /// Waits for the embeddings.
    pub(super) async fn encode(&self, wanted: Wanted) -> Result<Encoded, Failure> {
        let (reply, answer) = oneshot::channel();
        let gone = || Failure::new(Kind::Encoder, "the encoder has ended");
        let full = || Failure::new(Kind::Overloaded, "too many requests are waiting");
        self.0.try_send((wanted, reply)).map_err(|_| full())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn work(model: &ServedModel, requests: &Receiver<(Wanted, Reply)>) {
    for (wanted, reply) in requests {
        // Whoever asked may have gone.
        if reply.is_closed() {
            continue;
        }
        let encoded = catch_unwind(AssertUnwindSafe(|| encode(model, &wanted)));
        let failed =
            || Err(Failure::new(Kind::Encoder, "the encoder failed; the server's terminal says more"));
        let _ = reply.send(encoded.unwrap_or_else(|_| failed()));
    }
}

fn encode(model: &ServedModel, wanted: &Wanted) -> Result<Encoded, Failure> {
    let texts: Vec<&str> = wanted.texts.iter().map(String::as_str).collect();
    let failed = |error: &dyn std::fmt::Display| Failure::new(Kind::Encoder, error.to_string());
    let counts = model.count_tokens(&texts, wanted.prompt).map_err(|error| failed(&error))?;
    let most = model.max_tokens_behind(wanted.prompt).unwrap_or(usize::MAX);
    let long = counts.iter().position(|&count| count > most).filter(|_| !wanted.truncate);
    if let Some(at) = long {
        let message =
            format!("text {at} has {} tokens, the model reads {most}; truncate cuts it", counts[at]);
        return Err(Failure::of("inputs", Kind::TooLarge, message));
    }
    let mut rows = model.encode(&texts, wanted.prompt).map_err(|error| failed(&error))?;
    if let Some(dimensions) = wanted.dimensions {
        let first = rows.rows().flat_map(|row| row[..dimensions].to_vec()).collect();
        rows = Embeddings::from_vec(first, dimensions).map_err(|error| failed(&error))?.normalized();
    } else if wanted.normalize {
        rows = rows.normalized();
    }
    Ok(Encoded { rows, tokens: counts.iter().map(|&count| count.min(most)).sum() })
}
