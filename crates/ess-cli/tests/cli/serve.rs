//! `serve-embeddings`: a model behind HTTP, asked by the encoder over HTTP, by `encode --http` and byte by byte.

mod encoded;
mod limits;
mod openai;
mod tei;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::{encode::tiny_model, program::command};

/// A server on a free port, which ends with the test.
pub(crate) struct Served {
    process: Child,
    /// `127.0.0.1:PORT`.
    address: String,
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Served {
    fn start(more: &[&str]) -> Self {
        Self::of(&tiny_model(), more)
    }

    fn of(model: &Path, more: &[&str]) -> Self {
        let mut process = command("serve-embeddings")
            .args(["--port", "0", "--model"])
            .arg(model)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(": ").next());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        Self { process, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        let mut stream = self.connect();
        let body = body.as_ref();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        // One that refuses the head reads no body.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        answer(stream)
    }

    fn get(&self, path: &str) -> Answer {
        self.asked("GET", path)
    }

    /// The answer to a request without a body.
    fn asked(&self, method: &str, path: &str) -> Answer {
        let mut stream = self.connect();
        stream
            .write_all(format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
            .unwrap();
        answer(stream)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // What came before a connection was cut is the answer.
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no head: {bytes:?}"));
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: bytes[end + 4..].to_vec() }
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/json"), "{self:?}");
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    #[track_caller]
    fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}

/// A copy of the tiny model, with prompts of its own.
fn prompted_model(folder: &Path) -> PathBuf {
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        std::fs::create_dir_all(folder.join(&below)).unwrap();
        for entry in std::fs::read_dir(tiny_model().join(&below)).unwrap() {
            let name = below.join(entry.unwrap().file_name());
            match tiny_model().join(&name).is_dir() {
                true => folders.push(name),
                false => drop(std::fs::copy(tiny_model().join(&name), folder.join(&name)).unwrap()),
            }
        }
    }
    let prompts = r#"{"prompts": {"query": "what risk: ", "document": "the cat: "}}"#;
    std::fs::write(folder.join("config_sentence_transformers.json"), prompts).unwrap();
    folder.to_owned()
}

/// The largest difference of components.
#[track_caller]
fn difference<'a>(found: impl IntoIterator<Item = &'a [f32]>, expected: &ess_core::Embeddings) -> f32 {
    let found: Vec<&[f32]> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len());
    let rows = found.iter().zip(expected.rows());
    rows.map(|(found, expected)| {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max)
    })
    .fold(0.0, f32::max)
}
