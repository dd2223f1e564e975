//! Object stores over HTTP: a server that speaks enough of S3, and what goes wrong with one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failing;
mod over_http;
mod over_s3;
mod parquet;
mod store_server;

use ess_data::{ObjectFolder, ObjectSettings};

use self::store_server::StoreServer;

/// What must be in no message.
const SECRET: &str = "wJalrXUtnFEMI";

/// Settings for a store that is near: blocks of 1000 bytes, little patience.
fn settings(server: &StoreServer) -> ObjectSettings {
    let option = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let options = [
        ("aws_endpoint", &*server.url),
        ("aws_region", "eu-west-1"),
        ("aws_access_key_id", "AKIDEXAMPLE"),
        ("aws_secret_access_key", SECRET),
        ("allow_http", "true"),
    ];
    ObjectSettings {
        block_bytes: 1000,
        request_seconds: 30.0,
        retries: 2,
        options: options.map(option).into_iter().collect(),
        ..ObjectSettings::default()
    }
}

/// The folder `out` of a bucket.
fn folder(server: &StoreServer) -> ObjectFolder {
    ObjectFolder::open_with("s3://bucket/out", &settings(server)).unwrap()
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * at / 7 + at) as u8).collect()
}
