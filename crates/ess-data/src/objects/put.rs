//! Files as objects.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use tokio::sync::Mutex;

use super::{failure::Failure, folder::ObjectFolder, info::ObjectInfo};
use crate::error::Error;

/// Parts of an object that S3 takes.
const MAX_PARTS: u64 = 10_000;

impl ObjectFolder {
    /// Makes a file an object, whole or not at all, and asks the store what it has then. A file that is larger than a block goes
    /// in parts: memory is that of one.
    ///
    /// # Errors
    /// Those of [`info`](Self::info) and [`check_writable`](Self::check_writable); [`Error::Io`] for the file, also when it
    /// changes its length meanwhile; [`ObjectError::Changed`](crate::ObjectError::Changed) where the store has another length.
    /// What is there before stays after an error.
    pub fn put(&self, name: &str, path: &Path) -> Result<ObjectInfo, Error> {
        self.check_writable()?;
        let mut file = File::open(path).map_err(Error::io(path))?;
        let bytes = file.metadata().map_err(Error::io(path))?.len();
        let block = (self.settings.block_bytes as u64).max(bytes.div_ceil(MAX_PARTS));
        if bytes <= block {
            let content = next_part(&mut file, bytes, 0).map_err(Error::io(path))?;
            return self.put_bytes(name, content);
        }
        let sending = Sending::start(self, name)?;
        match sending.parts(&mut file, bytes, block, path).and_then(|()| sending.complete()) {
            Ok(()) => self.put_is(name, bytes),
            Err(error) => {
                // The error is that of the part, whether or not the store can forget the others.
                let _ = sending.abort();
                Err(error)
            }
        }
    }

    /// Makes some bytes an object, whole or not at all.
    ///
    /// # Errors
    /// As of [`put`](Self::put).
    pub fn put_bytes(&self, name: &str, content: Vec<u8>) -> Result<ObjectInfo, Error> {
        self.check_writable()?;
        let (object, store, bytes) = (self.path(name)?, self.store.clone(), content.len() as u64);
        let put = self.waiting.run(async move { store.put(&object, PutPayload::from(content)).await });
        put.map_err(|failure| failure.at(&self.url_of(name)))?;
        self.put_is(name, bytes)
    }

    fn put_is(&self, name: &str, bytes: u64) -> Result<ObjectInfo, Error> {
        let put = self.info(name)?;
        if put.bytes != bytes {
            let (expected, found) = (format!("{bytes} bytes"), format!("{} bytes", put.bytes));
            return Err(Failure::Changed { expected, found }.at(&self.url_of(name)));
        }
        Ok(put)
    }
}

/// An object that is sent in parts.
struct Sending<'a> {
    folder: &'a ObjectFolder,
    name: &'a str,
    upload: Arc<Mutex<Box<dyn MultipartUpload>>>,
}

impl<'a> Sending<'a> {
    fn start(folder: &'a ObjectFolder, name: &'a str) -> Result<Self, Error> {
        let (object, store) = (folder.path(name)?, folder.store.clone());
        let upload = folder.waiting.run(async move { store.put_multipart(&object).await });
        let upload = upload.map_err(|failure| failure.at(&folder.url_of(name)))?;
        Ok(Self { folder, name, upload: Arc::new(Mutex::new(upload)) })
    }

    /// All of a file, one part after the other.
    fn parts(&self, file: &mut File, bytes: u64, block: u64, path: &Path) -> Result<(), Error> {
        let mut sent = 0;
        while sent < bytes {
            let length = block.min(bytes - sent);
            let part = next_part(file, length, bytes - sent - length).map_err(Error::io(path))?;
            let upload = self.upload.clone();
            self.run(async move {
                let part = upload.lock().await.put_part(PutPayload::from(part));
                part.await
            })?;
            sent += length;
        }
        Ok(())
    }

    fn complete(&self) -> Result<(), Error> {
        let upload = self.upload.clone();
        self.run(async move { upload.lock().await.complete().await.map(drop) })
    }

    fn abort(&self) -> Result<(), Error> {
        let upload = self.upload.clone();
        self.run(async move { upload.lock().await.abort().await })
    }

    fn run(
        &self,
        request: impl Future<Output = object_store::Result<()>> + Send + 'static,
    ) -> Result<(), Error> {
        self.folder.waiting.run(request).map_err(|failure| failure.at(&self.folder.url_of(self.name)))
    }
}

/// The next bytes of a file, which must be as many; and, where they are the last, no more.
fn next_part(file: &mut File, length: u64, left: u64) -> io::Result<Vec<u8>> {
    let more = u64::from(left == 0);
    let mut part = Vec::with_capacity(usize::try_from(length + more).unwrap_or_default());
    file.take(length + more).read_to_end(&mut part)?;
    if part.len() as u64 != length {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "its length changed while it was read"));
    }
    Ok(part)
}
