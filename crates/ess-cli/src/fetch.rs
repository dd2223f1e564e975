//! `ess fetch`: what `encode` sent to an object store, as files.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use ess_data::{ObjectError, ObjectFolder, ObjectSet, StoredFile};
use ess_files::FolderLock;
use serde::Serialize;

use crate::{
    arguments::{paths, url::is_url},
    output::options::Output,
};

const EXAMPLES: &str = "\
Examples:
  ess fetch --from s3://bucket/my --out my
  ess fetch --from https://example.org/embeddings/my --out my --json fetched.json";

/// The manifest of files that are all there is, and how those of shares begin and end.
const WHOLE: &str = "objects.json";
const OF_SHARES: [&str; 2] = ["objects.", ".json"];

/// Fetch the files that `ess encode --out URL` sent to an object store.
///
/// They are those that one manifest names, even where another run replaces it meanwhile, and each has the checksum that it was sent
/// with. A file that the last run did not write, such as passages, is that of the run before. Shares come too, for `ess merge`. What is
/// there already with the right content is not fetched again.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The URL that was given to `ess encode --out`, such as s3://bucket/folder; or an HTTP server's that has the same objects.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The folder to write to.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
}

#[derive(Serialize)]
struct Report {
    url: String,
    files: Vec<StoredFile>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let from = &arguments.from;
    // What was given is not repeated: it may hold a secret.
    ensure!(is_url(Path::new(from)), "--from: expected a URL such as s3://bucket/folder, found none");
    let _folder = FolderLock::acquire(&arguments.out)?;
    let folder = ObjectFolder::open(from)?;
    let sets = sets(&folder)?;
    let files: Vec<StoredFile> = sets.iter().flat_map(ObjectSet::files).cloned().collect();
    let paths: Vec<PathBuf> = files.iter().map(|stored| arguments.out.join(&stored.file)).collect();
    let _files = output.lock_files(&paths.iter().map(|path| ("--out", &**path)).collect::<Vec<_>>())?;
    let bar = output.bar(sets.len()).with_message("sets");
    for set in &sets {
        set.fetch(&arguments.out)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    for stored in &files {
        say!("{}: {} bytes, {}", stored.file, stored.bytes, stored.checksum);
    }
    output.write(&Report { url: folder.url().to_owned(), files })
}

/// The whole files and the shares.
fn sets(folder: &ObjectFolder) -> Result<Vec<ObjectSet>> {
    let mut sets: Vec<ObjectSet> = ObjectSet::read(folder, WHOLE)?.into_iter().collect();
    match folder.list() {
        Ok(objects) => {
            for share in objects.iter().map(|object| object.name.as_str()).filter(|name| is_of_share(name)) {
                sets.extend(ObjectSet::read(folder, share)?);
            }
        }
        // An HTTP server has no lists, and other stores may not allow them.
        Err(error @ ess_data::Error::Object(ObjectError::Forbidden { .. } | ObjectError::Refused { .. })) => {
            note!("note: {}: cannot be looked through for shares: {error}", folder.url());
        }
        Err(error) => return Err(error.into()),
    }
    ensure!(
        !sets.is_empty(),
        "{}: expected {WHOLE}, as `ess encode --out URL` writes it, found none",
        folder.url()
    );
    Ok(sets)
}

/// Whether a name is as `objects.2-of-4.json`.
fn is_of_share(name: &str) -> bool {
    let share = name.strip_prefix(OF_SHARES[0]).and_then(|name| name.strip_suffix(OF_SHARES[1]));
    let numbers = share.and_then(|share| share.split_once("-of-"));
    numbers.is_some_and(|(number, of)| number.parse::<usize>().is_ok() && of.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_of_shares_are_told_by_their_names() {
        assert!(is_of_share("objects.2-of-14.json"));
        for other in [WHOLE, "objects.2-of-4.json.bak", "in/objects.2-of-4.json", "corpus.2-of-4.safetensors"]
        {
            assert!(!is_of_share(other), "{other}");
        }
    }
}
