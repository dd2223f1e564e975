//! Trying again what failed in passing.

use std::thread;

use crate::{error::Error, settings::EngineSettings};

/// Tries again, after pauses, what failed in passing.
pub(crate) fn retried<T>(
    settings: &EngineSettings,
    mut attempt: impl FnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    for retry in 0..settings.retries {
        match attempt() {
            // Claims on rows were tried many times already.
            Err(error) if error.is_transient() && !matches!(error, Error::Contended { .. }) => {
                let pause = settings.pause_before(retry);
                tracing::warn!(%error, ?pause, "trying again");
                thread::sleep(pause);
            }
            other => return other,
        }
    }
    attempt()
}
