//! A server that does what a test tells it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ess_encoders::{HttpConfig, HttpLimits};
use serde_json::{Value, json};

pub(crate) const DIM: usize = 4;

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) at: Instant,
}

impl Asked {
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts = ["input", "inputs", "texts"].into_iter().find_map(|name| self.body[name].as_array());
        texts.unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What is done with a request.
pub(crate) enum Reply {
    /// A status, more headers (each with its line end) and a body.
    Answer(u16, String, Vec<u8>),
    /// These bytes, whatever they are, and the end.
    Raw(Vec<u8>),
    /// Nothing for so long.
    Hang(Duration),
}

pub(crate) fn ok(body: &Value) -> Reply {
    Reply::Answer(200, String::new(), body.to_string().into_bytes())
}

pub(crate) fn status(status: u16, body: &str) -> Reply {
    Reply::Answer(status, String::new(), body.as_bytes().to_vec())
}

/// The embedding that a good server gives.
pub(crate) fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![1.0; DIM];
    text.bytes()
        .enumerate()
        .for_each(|(at, byte)| vector[(at + usize::from(byte)) % DIM] += f32::from(byte) / 3.0);
    vector
}

/// A right answer of OpenAI's kind, the last text first.
pub(crate) fn openai(asked: &Asked) -> Value {
    let entry = |(index, text): (usize, &String)| json!({"object": "embedding", "index": index, "embedding": vector(text)});
    let data: Vec<Value> = asked.texts().iter().enumerate().rev().map(entry).collect();
    json!({"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})
}

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// `reply` is given the number of the request, from 0, and what was asked.
    pub(crate) fn start(reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, reply, number) = (asked.clone(), Arc::new(reply), Arc::new(AtomicUsize::new(0)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, reply, number) = (kept.clone(), reply.clone(), number.clone());
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let Some(asked) = read(&stream) else { return };
                    kept.lock().unwrap().push(asked.clone());
                    answer(&mut stream, reply(number.fetch_add(1, Ordering::SeqCst), &asked));
                });
            }
        });
        Self { url, asked }
    }

    /// A server that behaves.
    pub(crate) fn good() -> Self {
        Self::start(|_, asked| ok(&openai(asked)))
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Settings of an encoder that waits for little, and knows its dimension so that it asks for nothing by itself.
    pub(crate) fn config(&self) -> HttpConfig {
        let limits = HttpLimits {
            concurrency: 1,
            connect_seconds: 30.0,
            request_seconds: 30.0,
            retries: 2,
            retry_seconds: 0.01,
            max_retry_seconds: 2.0,
            ..HttpLimits::default()
        };
        let url = self.url.parse().unwrap();
        HttpConfig { dimensions: Some(DIM), limits, ..HttpConfig::new(url, "openai", "m") }
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { path, headers, body: serde_json::from_slice(&body).unwrap(), at: Instant::now() })
}

fn answer(stream: &mut TcpStream, reply: Reply) {
    // A client that has seen enough may have gone.
    let _ = match reply {
        Reply::Raw(bytes) => stream.write_all(&bytes),
        Reply::Hang(time) => {
            std::thread::sleep(time);
            Ok(())
        }
        Reply::Answer(status, headers, body) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
            );
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body))
        }
    };
}
