//! Connections: so many at once, and none that waits without end.

mod write_limited;

use std::{convert::Infallible, net::TcpListener, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{runtime::Builder, sync::Semaphore};

use self::write_limited::WriteLimited;
use super::routes::Service;

/// A connection on which no head of a request comes for so long is closed.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// An answer of which nothing is taken for so long is given up with its connection; `--time-limit` may say less.
const WRITE_LIMIT: Duration = Duration::from_secs(30);
/// The largest head, and what is read of a body at once.
const BUFFER_BYTES: usize = 1 << 16;
/// After an error that is not of one connection, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
/// What reads and writes needs little; the encoder has threads of its own.
const THREADS: usize = 2;

/// Serves until the process ends.
pub(super) fn serve(listener: TcpListener, connections: usize, service: Arc<Service>) -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    runtime.context("threads for connections")?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let places = Arc::new(Semaphore::new(connections));
        loop {
            let place = places.clone().acquire_owned().await?;
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    note!("note: a connection was not accepted: {error}");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            // An answer goes out at once; a connection that refuses the option is only slower.
            let _ = stream.set_nodelay(true);
            let stream = WriteLimited::new(stream, WRITE_LIMIT.min(service.time_limit()));
            let service = service.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |request| {
                    let service = service.clone();
                    async move { Ok::<_, Infallible>(service.answer(request).await) }
                });
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_LIMIT)
                    .max_buf_size(BUFFER_BYTES)
                    .serve_connection(TokioIo::new(stream), answer);
                // Whoever cuts a connection has no more to say on it.
                let _ = connection.await;
                drop(place);
            });
        }
    })
}
