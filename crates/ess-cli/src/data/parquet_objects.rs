//! A file of a BEIR folder that an object store has as Parquet.

use ess_data::{Error, ObjectFolder, ObjectInfo};

/// `corpus.parquet` in place of `corpus.jsonl`, or the `.parquet` objects of the folder `corpus`, by name, each with its folder; none
/// where the store has neither. `url` is that of `folder`.
///
/// # Errors
/// Those of [`ObjectFolder::find`] and [`ObjectFolder::list`].
pub(super) fn parquet_objects(
    url: &str,
    folder: &ObjectFolder,
    name: &str,
) -> Result<Option<(ObjectFolder, Vec<ObjectInfo>)>, Error> {
    let stem = name.strip_suffix(".jsonl").unwrap_or(name);
    if let Some(object) = folder.find(&format!("{stem}.parquet"))? {
        return Ok(Some((folder.clone(), vec![object])));
    }
    let shards = ObjectFolder::open(&format!("{}/{stem}", url.trim_end_matches('/')))?;
    // What is only read is an HTTP server, which has no lists.
    if shards.check_writable().is_err() {
        return Ok(None);
    }
    let is_shard = |object: &ObjectInfo| object.name.ends_with(".parquet") && !object.name.contains('/');
    let objects: Vec<_> = shards.list()?.into_iter().filter(is_shard).collect();
    Ok((!objects.is_empty()).then_some((shards, objects)))
}
