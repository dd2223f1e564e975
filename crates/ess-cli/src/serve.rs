//! `ess serve-embeddings`: a model's embeddings over HTTP, by the protocols of OpenAI and of text-embeddings-inference.

mod answer;
mod arguments;
mod connections;
mod failure;
mod model;
mod openai;
mod routes;
mod tei;
mod worker;

use std::{net::TcpListener, sync::Arc};

use anyhow::{Context, Result};
use serde::Serialize;

use self::{model::ServedModel, routes::Service, worker::Worker};
use crate::output::options::Output;

pub(crate) use self::arguments::Arguments;

/// What `--json` says once the server listens.
#[derive(Serialize)]
struct Report {
    address: String,
    model: String,
    dim: usize,
    max_tokens: Option<usize>,
}

/// Runs the command; it ends with the process.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    arguments.check()?;
    let model = ServedModel::load(arguments, output.quiet)?;
    let (host, port) = (arguments.host, arguments.port);
    let listener =
        TcpListener::bind((host, port)).with_context(|| format!("--host {host}, --port {port}"))?;
    listener.set_nonblocking(true)?;
    let address = format!("http://{}", listener.local_addr()?);
    let report = Report {
        address: address.clone(),
        model: model.name.clone(),
        dim: model.dim(),
        max_tokens: model.max_tokens(),
    };
    let about = model.about();
    let service = Arc::new(Service::new(arguments, about, Worker::start(model, arguments.queue)));
    output.write(&report)?;
    say!("{} at {address}: /v1/embeddings and /embed", report.model);
    connections::serve(listener, arguments.connections, service)
}
