//! A folder of an object store.

use std::{fmt, ops::Range, sync::Arc};

use futures_util::TryStreamExt;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};

use super::{
    address::{Address, shown},
    connect::connect,
    error::ObjectError,
    failure::Failure,
    info::ObjectInfo,
    settings::ObjectSettings,
    waiting::Waiting,
};
use crate::error::Error;

/// Objects of a list at most: memory stays bounded whatever a bucket holds.
const MAX_OBJECTS: usize = 100_000;

/// A folder of an object store: `s3://bucket/folder`, `gs://bucket/folder`, `az://container/folder`, `file:///folder`, and, to
/// read alone, `http://` and `https://`.
///
/// Keys and the like come from the environment, as other programs of these stores have them (`AWS_ACCESS_KEY_ID`, `AWS_REGION`,
/// `AWS_ENDPOINT`, `AWS_ALLOW_HTTP`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME`, …), or from
/// [`ObjectSettings::options`]; a URL has none, and one with a user, a password or a query is refused. Names and messages never
/// hold one.
///
/// Objects are read and written in blocks, so that memory does not grow with them. Nothing here is asynchronous; each folder has
/// a thread of its own that waits.
///
/// ```
/// use std::io::Read;
///
/// use ess_data::ObjectFolder;
///
/// # let disk = tempfile::tempdir().unwrap();
/// # let [notes, copy] = ["notes.txt", "copy.txt"].map(|name| disk.path().join(name));
/// std::fs::write(&notes, "kept").unwrap();
/// let folder = ObjectFolder::open(&format!("file://{}/store", disk.path().display()))?;
/// let put = folder.put("notes.txt", &notes)?;
/// let mut text = String::new();
/// folder.read(&put).read_to_string(&mut text).unwrap();
/// assert_eq!(text, "kept");
/// assert_eq!(folder.list()?, [put.clone()]);
/// folder.fetch(&put, &copy)?;
/// # assert_eq!(std::fs::read(&copy).unwrap(), b"kept");
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Clone)]
pub struct ObjectFolder {
    pub(super) store: Arc<dyn ObjectStore>,
    prefix: Path,
    url: String,
    read_only: bool,
    pub(super) settings: Arc<ObjectSettings>,
    pub(super) waiting: Arc<Waiting>,
}

impl fmt::Debug for ObjectFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectFolder").field("url", &self.url).finish_non_exhaustive()
    }
}

impl ObjectFolder {
    /// The folder at a URL, with the settings of the environment. Nothing is asked yet, and nothing need be there.
    ///
    /// # Errors
    /// [`ObjectError::Url`], [`ObjectError::Setting`], or [`ObjectError::Refused`] where the store's client misses a setting.
    pub fn open(url: &str) -> Result<Self, Error> {
        Self::open_with(url, &ObjectSettings::default())
    }

    /// As [`open`](Self::open), with more settings.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and of [`ObjectSettings::check`].
    pub fn open_with(url: &str, settings: &ObjectSettings) -> Result<Self, Error> {
        settings.check()?;
        let address = Address::parse(url)?;
        let store = connect(&address, settings)?;
        let read_only = matches!(address.scheme, object_store::ObjectStoreScheme::Http);
        Self::new(store, address.path, address.shown, read_only, settings)
    }

    /// The folder `path` of a store of your own, of the version of `object_store` that this crate has. `url` names the folder in
    /// messages, without what may be secret in it.
    ///
    /// # Errors
    /// [`ObjectError::Url`] for a path that cannot be one, and those of [`ObjectSettings::check`].
    pub fn of_store(
        store: Arc<dyn ObjectStore>,
        path: &str,
        url: &str,
        settings: &ObjectSettings,
    ) -> Result<Self, Error> {
        settings.check()?;
        let url = shown(url);
        let prefix = Path::parse(path).map_err(|error| not_a_path(&url, &error))?;
        Self::new(store, prefix, url, false, settings)
    }

    fn new(
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        url: String,
        read_only: bool,
        settings: &ObjectSettings,
    ) -> Result<Self, Error> {
        let waiting = Waiting::new().map_err(|error| Failure::Unreachable(error.to_string()).at(&url))?;
        let (settings, waiting) = (Arc::new(settings.clone()), Arc::new(waiting));
        Ok(Self { store, prefix, url, read_only, settings, waiting })
    }

    /// The folder's URL, without what may be secret in it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of an object, to be shown.
    pub fn url_of(&self, name: &str) -> String {
        format!("{}/{name}", self.url.trim_end_matches('/'))
    }

    /// Refuses a folder that is only read, such as one of `https://`.
    ///
    /// # Errors
    /// [`ObjectError::Refused`].
    pub fn check_writable(&self) -> Result<(), Error> {
        match self.read_only {
            true => Err(Failure::Refused("over HTTP it is only read from".to_owned()).at(&self.url)),
            false => Ok(()),
        }
    }

    /// An object that must be there.
    ///
    /// # Errors
    /// [`ObjectError::Missing`], [`ObjectError::Forbidden`], [`ObjectError::Unreachable`], [`ObjectError::Refused`].
    pub fn info(&self, name: &str) -> Result<ObjectInfo, Error> {
        let (store, path) = (self.store.clone(), self.path(name)?);
        let meta = self.waiting.run(async move { store.head(&path).await });
        meta.map(|meta| ObjectInfo::new(name.to_owned(), &meta))
            .map_err(|failure| failure.at(&self.url_of(name)))
    }

    /// An object that may be there. A store that does not let one list may call one forbidden that is not there.
    ///
    /// # Errors
    /// Those of [`info`](Self::info) but [`ObjectError::Missing`].
    pub fn find(&self, name: &str) -> Result<Option<ObjectInfo>, Error> {
        match self.info(name) {
            Err(Error::Object(ObjectError::Missing { .. })) => Ok(None),
            info => info.map(Some),
        }
    }

    /// All objects of the folder and of those in it, by name; none where it is not there.
    ///
    /// # Errors
    /// Those of [`find`](Self::find); [`ObjectError::Refused`] for more than 100 000 objects, and where an HTTP server has no lists.
    pub fn list(&self) -> Result<Vec<ObjectInfo>, Error> {
        let (store, prefix) = (self.store.clone(), self.prefix.clone());
        let listed = self.waiting.run(async move {
            let mut stream = store.list((!prefix.as_ref().is_empty()).then_some(&prefix));
            let mut found: Vec<ObjectMeta> = Vec::new();
            while let Some(meta) = stream.try_next().await? {
                found.push(meta);
                if found.len() > MAX_OBJECTS {
                    break;
                }
            }
            Ok(found)
        });
        let found = match listed {
            Err(Failure::Missing) => Vec::new(),
            listed => listed.map_err(|failure| failure.at(&self.url))?,
        };
        if found.len() > MAX_OBJECTS {
            let reason = format!("it holds more than {MAX_OBJECTS} objects");
            return Err(Failure::Refused(reason).at(&self.url));
        }
        let mut objects: Vec<ObjectInfo> = found.iter().filter_map(|meta| self.below(meta)).collect();
        objects.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(objects)
    }

    fn below(&self, meta: &ObjectMeta) -> Option<ObjectInfo> {
        let name = meta.location.as_ref().strip_prefix(self.prefix.as_ref())?.trim_start_matches('/');
        (!name.is_empty()).then(|| ObjectInfo::new(name.to_owned(), meta))
    }

    pub(super) fn path(&self, name: &str) -> Result<Path, Error> {
        let joined = format!("{}/{name}", self.prefix.as_ref());
        Path::parse(joined).map_err(|error| not_a_path(&self.url, &error))
    }

    /// Some bytes of an object, which must be as it was.
    pub(super) fn block(&self, object: &ObjectInfo, range: Range<u64>) -> Result<Vec<u8>, Error> {
        let (store, path) = (self.store.clone(), self.path(&object.name)?);
        let (name, asked) = (object.name.clone(), range.clone());
        let got = self.waiting.run(async move {
            let options = GetOptions { range: Some(GetRange::Bounded(asked)), ..GetOptions::default() };
            let got = store.get_opts(&path, options).await?;
            let info = ObjectInfo::new(name, &got.meta);
            Ok((info, Vec::from(got.bytes().await?)))
        });
        let at = |failure: Failure| failure.at(&self.url_of(&object.name));
        let (found, bytes) = got.map_err(at)?;
        changed(object, &found).map_or(Ok(()), |failure| Err(at(failure)))?;
        if bytes.len() as u64 != range.end - range.start {
            let (expected, found) = (range.end - range.start, bytes.len());
            return Err(at(Failure::Refused(format!("{found} bytes came where {expected} were asked for"))));
        }
        Ok(bytes)
    }
}

/// How an object differs from what it should be.
pub(super) fn changed(expected: &ObjectInfo, found: &ObjectInfo) -> Option<Failure> {
    if expected.bytes != found.bytes {
        let (expected, found) = (format!("{} bytes", expected.bytes), format!("{} bytes", found.bytes));
        return Some(Failure::Changed { expected, found });
    }
    match (&expected.e_tag, &found.e_tag) {
        (Some(expected), Some(found)) if expected != found => {
            let (expected, found) = (format!("the tag {expected}"), format!("the tag {found}"));
            Some(Failure::Changed { expected, found })
        }
        _ => None,
    }
}

fn not_a_path(url: &str, error: &object_store::path::Error) -> Error {
    let (expected, found) = ("names between single slashes", error.to_string());
    ObjectError::Url { url: url.to_owned(), expected, found }.into()
}
