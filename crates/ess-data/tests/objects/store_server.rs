//! A server in memory that speaks enough of S3: objects with ranges, uploads in parts, lists in pages; and that fails as a test
//! tells it. Anything that is no S3 reads its objects as plain files.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Objects on a page of a list.
const PAGE: usize = 2;
const DATE: &str = "Wed, 21 Oct 2015 07:28:00 GMT";

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Bucket and key.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What is done in the place of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// A status, and the code in its body.
    Status(u16, &'static str),
    /// Half of the answer, and the end.
    Cut,
    /// Nothing for so long, and the end.
    Hang(Duration),
    /// All of an object, whatever part was asked for.
    Whole,
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

type Decide = dyn Fn(&Asked) -> Option<Fault> + Send + Sync;

#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<String, BTreeMap<usize, Vec<u8>>>,
    asked: Vec<Asked>,
}

pub(crate) struct StoreServer {
    pub(crate) url: String,
    kept: Arc<Mutex<Kept>>,
}

impl StoreServer {
    pub(crate) fn good() -> Self {
        Self::start(|_| None)
    }

    pub(crate) fn start(fault: impl Fn(&Asked) -> Option<Fault> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (kept, fault) = (Arc::new(Mutex::new(Kept::default())), Arc::new(fault));
        let server = Self { url, kept: kept.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, fault) = (kept.clone(), fault.clone());
                std::thread::spawn(move || serve(stream, &kept, &*fault));
            }
        });
        server
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.kept.lock().unwrap().asked)
    }

    /// Objects by bucket and key.
    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.kept.lock().unwrap().objects.clone()
    }

    pub(crate) fn insert(&self, path: &str, content: &[u8]) {
        self.kept.lock().unwrap().objects.insert(path.to_owned(), content.to_vec());
    }

    /// Uploads that were neither completed nor given up.
    pub(crate) fn open_uploads(&self) -> usize {
        self.kept.lock().unwrap().uploads.len()
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Kept>, fault: &Decide) {
    let Some(asked) = read(&stream) else { return };
    kept.lock().unwrap().asked.push(asked.clone());
    let fault = fault(&asked);
    if let Some(Fault::Hang(time)) = fault {
        std::thread::sleep(time);
        return;
    }
    let mut answer = match fault {
        Some(Fault::Status(status, code)) => {
            let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
            Answer { status, headers: Vec::new(), body: body.into_bytes() }
        }
        _ => kept.lock().unwrap().answer(&asked, matches!(fault, Some(Fault::Whole))),
    };
    let is_head = asked.method == "HEAD";
    let mut head = format!(
        "HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match fault {
        _ if is_head => answer.body.clear(),
        Some(Fault::Cut) => answer.body.truncate(answer.body.len() / 2),
        _ => {}
    }
    // A client that has seen enough may have gone.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(&answer.body));
}

impl Kept {
    fn answer(&mut self, asked: &Asked, whole: bool) -> Answer {
        let query = |name: &str| asked.query.get(name).map(String::as_str);
        match (asked.method.as_str(), query("uploadId")) {
            ("GET", _) if query("list-type") == Some("2") => self.list(asked),
            ("GET" | "HEAD", _) => self.get(asked, whole),
            ("POST", None) => {
                let id = format!("upload-{}", self.uploads.len());
                self.uploads.insert(id.clone(), BTreeMap::new());
                xml("InitiateMultipartUploadResult", &format!("<UploadId>{id}</UploadId>"))
            }
            ("PUT", Some(id)) => {
                let Some(parts) = self.uploads.get_mut(id) else { return missing() };
                parts.insert(query("partNumber").unwrap().parse().unwrap(), asked.body.clone());
                Answer { status: 200, headers: vec![("ETag", tag(&asked.body))], body: Vec::new() }
            }
            ("POST", Some(id)) => {
                let Some(parts) = self.uploads.remove(id) else { return missing() };
                let content = parts.into_values().flatten().collect::<Vec<_>>();
                let tag = tag(&content).replace('"', "&quot;");
                self.objects.insert(asked.path.clone(), content);
                xml("CompleteMultipartUploadResult", &format!("<ETag>{tag}</ETag>"))
            }
            ("DELETE", Some(id)) => {
                self.uploads.remove(id);
                Answer { status: 204, headers: Vec::new(), body: Vec::new() }
            }
            ("PUT", None) => {
                self.objects.insert(asked.path.clone(), asked.body.clone());
                Answer { status: 200, headers: vec![("ETag", tag(&asked.body))], body: Vec::new() }
            }
            _ => Answer { status: 405, headers: Vec::new(), body: Vec::new() },
        }
    }

    fn get(&self, asked: &Asked, whole: bool) -> Answer {
        let Some(content) = self.objects.get(&asked.path) else { return missing() };
        let mut headers = vec![("ETag", tag(content)), ("Last-Modified", DATE.to_owned())];
        let range =
            asked.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let Some((first, last)) = range.filter(|_| !whole) else {
            return Answer { status: 200, headers, body: content.clone() };
        };
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        if first >= content.len() {
            return Answer { status: 416, headers: Vec::new(), body: Vec::new() };
        }
        let last = last.min(content.len() - 1);
        headers.push(("Content-Range", format!("bytes {first}-{last}/{}", content.len())));
        Answer { status: 206, headers, body: content[first..=last].to_vec() }
    }

    fn list(&self, asked: &Asked) -> Answer {
        let bucket = format!("{}/", asked.path.trim_end_matches('/'));
        let of = |name: &str| asked.query.get(name).cloned().unwrap_or_default();
        let (prefix, after) = (of("prefix"), of("continuation-token"));
        let keys =
            self.objects.iter().filter_map(|(path, content)| Some((path.strip_prefix(&*bucket)?, content)));
        let mut keys = keys.filter(|(key, _)| key.starts_with(&prefix) && **key > *after);
        let mut listed = String::new();
        let mut last = String::new();
        for (key, content) in keys.by_ref().take(PAGE) {
            let tag = tag(content).replace('"', "&quot;");
            listed.push_str(&format!(
                "<Contents><Key>{key}</Key><LastModified>2015-10-21T07:28:00.000Z</LastModified><ETag>{tag}</ETag>\
                 <Size>{}</Size></Contents>",
                content.len()
            ));
            last = key.to_owned();
        }
        if keys.next().is_some() {
            listed.push_str(&format!("<NextContinuationToken>{last}</NextContinuationToken>"));
        }
        xml("ListBucketResult", &listed)
    }
}

fn missing() -> Answer {
    let body = b"<Error><Code>NoSuchKey</Code></Error>".to_vec();
    Answer { status: 404, headers: Vec::new(), body }
}

fn xml(name: &str, content: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{name}>{content}</{name}>").into_bytes();
    Answer { status: 200, headers: Vec::new(), body }
}

/// A tag that is another one when the content is.
fn tag(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    let (path, query) = (decoded(path.trim_start_matches('/')), pairs.map(pair).collect());
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, query, headers, body })
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
