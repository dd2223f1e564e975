//! Files that belong together, as objects that are seen together.

use std::{fs::File, path::Path};

use ess_files::Checksum;
use serde::Serialize;

use super::{
    error::ObjectError,
    failure::Failure,
    folder::ObjectFolder,
    info::ObjectInfo,
    set_manifest::{SetManifest, is_plain},
    stored_file::StoredFile,
};
use crate::error::Error;

/// What [`ObjectSet::publish`] did, by the names of objects.
///
/// ```
/// use ess_data::{ObjectFolder, ObjectSet};
///
/// # let disk = tempfile::tempdir().unwrap();
/// # let file = disk.path().join("items.npy");
/// std::fs::write(&file, "one").unwrap();
/// let folder = ObjectFolder::open(&format!("file://{}/store", disk.path().display()))?;
/// let first = ObjectSet::publish(&folder, "objects.json", &[&file])?;
/// std::fs::write(&file, "two").unwrap();
/// let second = ObjectSet::publish(&folder, "objects.json", &[&file])?;
/// assert_eq!((second.sent.len(), second.superseded), (1, first.sent));
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Published {
    /// Those that were sent.
    pub sent: Vec<String>,
    /// Those that were there with the same content.
    pub kept: Vec<String>,
    /// Those of the set before that are not of this one. They stay, for whoever still reads that set; nothing else needs them.
    pub superseded: Vec<String>,
}

/// Files in a folder of an object store that are seen together: as the set before or as the new one, and never as some of each.
///
/// The content of each file is an object whose name has the checksum of the content, so that nothing that is there is ever
/// replaced by something else. A small manifest says which objects are the files of the set, and is written last. Who reads the
/// manifest has all names of one set.
///
/// ```
/// use ess_data::{ObjectFolder, ObjectSet};
///
/// # let disk = tempfile::tempdir().unwrap();
/// # let [queries, corpus, out] = ["queries.npy", "corpus.npy", "out"].map(|name| disk.path().join(name));
/// # std::fs::write(&queries, "q").unwrap();
/// # std::fs::write(&corpus, "d").unwrap();
/// let folder = ObjectFolder::open(&format!("file://{}/store", disk.path().display()))?;
/// let published = ObjectSet::publish(&folder, "objects.json", &[&queries, &corpus])?;
/// assert_eq!(published.sent.len(), 2);
/// // What is there already is not sent again.
/// assert_eq!(ObjectSet::publish(&folder, "objects.json", &[&queries, &corpus])?.kept.len(), 2);
///
/// let set = ObjectSet::read(&folder, "objects.json")?.expect("it was written");
/// # std::fs::create_dir(&out).unwrap();
/// set.fetch(&out)?;
/// assert_eq!(std::fs::read(out.join("corpus.npy")).unwrap(), b"d");
/// # Ok::<(), ess_data::Error>(())
/// ```
#[derive(Debug)]
pub struct ObjectSet {
    folder: ObjectFolder,
    name: String,
    files: Vec<StoredFile>,
}

impl ObjectSet {
    /// The set whose manifest has this name; `None` where there is none.
    ///
    /// # Errors
    /// Those of [`ObjectFolder::find`]; [`Error::Format`] for what is no manifest, or a damaged one.
    pub fn read(folder: &ObjectFolder, name: &str) -> Result<Option<Self>, Error> {
        let manifest = SetManifest::read(folder, name)?;
        Ok(manifest.map(|SetManifest { files, .. }| Self {
            folder: folder.clone(),
            name: name.to_owned(),
            files,
        }))
    }

    /// The files: those that were given last come last.
    pub fn files(&self) -> &[StoredFile] {
        &self.files
    }

    /// Makes files a set: sends the content that is not there yet, and then the manifest. Files of the set before that have other names
    /// stay in it, as files of a folder do. A run that was stopped in between left
    /// the set before, and what it sent is not sent again. The manifest is read again just before it is written, but stores have no
    /// lock: of two that write it at the same moment the later one wins.
    ///
    /// # Errors
    /// Those of [`ObjectFolder::put`]; [`ObjectError::Url`] for a file whose name no set can have, or that two have;
    /// [`Error::Format`] where something else has the manifest's name.
    pub fn publish(
        folder: &ObjectFolder,
        name: &str,
        files: &[impl AsRef<Path>],
    ) -> Result<Published, Error> {
        folder.check_writable()?;
        let before = Self::read(folder, name)?.map(|set| set.files).unwrap_or_default();
        let (mut published, mut stored) = (Published::default(), Vec::<StoredFile>::new());
        for path in files {
            let one = described(folder, path.as_ref())?;
            if stored.iter().any(|other| other.file == one.file) {
                return Err(not_a_name(folder, "files of different names", &one.file));
            }
            let known = before.iter().find(|known| known.object == one.object);
            let there = folder.find(&one.object)?.filter(|there| is_it(&one, known, there));
            let list = if there.is_some() { &mut published.kept } else { &mut published.sent };
            list.push(one.object.clone());
            let there = match there {
                Some(there) => there,
                None => folder.put(&one.object, path.as_ref())?,
            };
            stored.push(StoredFile { e_tag: there.e_tag, ..one });
        }
        // Sending may take hours, in which others may have written the manifest.
        let before = Self::read(folder, name)?.map(|set| set.files).unwrap_or_default();
        let stay = before.iter().filter(|known| stored.iter().all(|one| one.file != known.file)).cloned();
        let stored = [stay.collect(), stored].concat();
        let objects: Vec<&String> = stored.iter().map(|one| &one.object).collect();
        let gone = before.iter().map(|known| &known.object).filter(|object| !objects.contains(object));
        published.superseded = gone.cloned().collect();
        if stored != before {
            let manifest = SetManifest::new(stored).to_bytes();
            let manifest =
                manifest.map_err(|error| Failure::Refused(error.to_string()).at(&folder.url_of(name)))?;
            folder.put_bytes(name, manifest)?;
        }
        Ok(published)
    }

    /// Writes the files of the set to a folder that is there, each whole or not at all and with the right checksum. One that is
    /// there with the right content stays.
    ///
    /// # Errors
    /// Those of [`ObjectFolder::fetch`]; [`ObjectError::Changed`] for an object with another content, and for one that is gone
    /// because the set is another one now.
    pub fn fetch(&self, out: &Path) -> Result<(), Error> {
        for stored in &self.files {
            let path = out.join(&stored.file);
            if checksum_of(&path).is_ok_and(|found| found == stored.checksum) {
                continue;
            }
            let url = self.folder.url_of(&stored.object);
            let Some(object) = self.folder.find(&stored.object)? else { return Err(self.gone(url)) };
            if object.bytes != stored.bytes {
                let (expected, found) =
                    (format!("{} bytes", stored.bytes), format!("{} bytes", object.bytes));
                return Err(ObjectError::Changed { url, expected, found }.into());
            }
            self.folder.fetch_checked(&object, &path, &stored.checksum)?;
        }
        Ok(())
    }

    /// Why an object of the set is not there.
    fn gone(&self, url: String) -> Error {
        match Self::read(&self.folder, &self.name) {
            Ok(Some(now)) if now.files != self.files => {
                let expected = format!("the set that {} named", self.name);
                let found = "another one, which replaced it meanwhile: start again".to_owned();
                ObjectError::Changed { url, expected, found }.into()
            }
            Ok(_) => ObjectError::Missing { url }.into(),
            Err(error) => error,
        }
    }
}

/// Whether an object that is there has the content of a file, as far as can be told without reading it.
fn is_it(one: &StoredFile, known: Option<&StoredFile>, there: &ObjectInfo) -> bool {
    let tagged = known.and_then(|known| known.e_tag.as_ref()).zip(there.e_tag.as_ref());
    there.bytes == one.bytes && tagged.is_none_or(|(known, there)| known == there)
}

/// A file as it will be stored.
fn described(folder: &ObjectFolder, path: &Path) -> Result<StoredFile, Error> {
    let file = path.file_name().and_then(|name| name.to_str()).filter(|name| is_plain(name));
    let Some(file) = file else {
        return Err(not_a_name(folder, "a file with a plain name", &path.display().to_string()));
    };
    let bytes = std::fs::metadata(path).map_err(Error::io(path))?.len();
    let checksum = checksum_of(path).map_err(Error::io(path))?;
    let digits = checksum.rsplit(':').next().unwrap_or_default();
    let object = match file.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{digits}.{ending}"),
        None => format!("{file}.{digits}"),
    };
    Ok(StoredFile { file: file.to_owned(), object, bytes, checksum, e_tag: None })
}

fn checksum_of(path: &Path) -> std::io::Result<String> {
    File::open(path).and_then(Checksum::of_reader).map(|checksum| checksum.to_string())
}

fn not_a_name(folder: &ObjectFolder, expected: &'static str, found: &str) -> Error {
    ObjectError::Url { url: folder.url().to_owned(), expected, found: found.to_owned() }.into()
}
