//! Writing a file of sections.

use std::{borrow::Cow, path::Path};

use serde::Serialize;

use super::{
    format::Format,
    header::{Entry, Header, aligned},
};
use crate::{atomic::write_atomically, checksum::Checksum, error::Error};

/// Values to be written under a name. [`Format`] has an example.
pub struct Section<'a> {
    name: &'static str,
    parts: Vec<Cow<'a, [u8]>>,
}

impl<'a> Section<'a> {
    /// A section of values of one type, which may lie in several places.
    pub fn new<T: bytemuck::Pod>(name: &'static str, parts: &[&'a [T]]) -> Self {
        Self { name, parts: parts.iter().map(|part| bytemuck::cast_slice(part).into()).collect() }
    }

    /// A section of values that are made for the file.
    pub fn owned<T: bytemuck::Pod>(name: &'static str, values: &[T]) -> Self {
        Self { name, parts: vec![bytemuck::cast_slice(values).to_vec().into()] }
    }

    fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.len() as u64).sum()
    }
}

/// Writes sections with a header, whole or not at all, as [`write_atomically`] does. [`Format`] has an example.
///
/// # Errors
/// [`Error::Io`] and [`Error::Busy`] as there; [`Error::Io`] for what is no JSON.
pub fn write_sections<A: Serialize>(
    format: Format,
    path: &Path,
    kind: &str,
    about: &A,
    sections: &[Section],
) -> Result<(), Error> {
    let not_json = |error: serde_json::Error| Error::Io { path: path.to_owned(), cause: error.into() };
    let header = Header {
        kind: kind.to_owned(),
        about: serde_json::to_value(about).map_err(not_json)?,
        sections: entries(sections),
    };
    let header = header.encode(format).map_err(not_json)?;
    write_atomically(path, |file| {
        file.write_all(&header)?;
        let mut position = 0_u64;
        for section in sections {
            let start = aligned(position).unwrap_or(position);
            file.write_all(&vec![0; (start - position) as usize])?;
            section.parts.iter().try_for_each(|part| file.write_all(part))?;
            position = start + section.bytes();
        }
        Ok(())
    })
}

fn entries(sections: &[Section]) -> Vec<Entry> {
    let mut end = 0_u64;
    let entry = |section: &Section| {
        let offset = aligned(end).unwrap_or(end);
        end = offset + section.bytes();
        Entry {
            name: section.name.to_owned(),
            offset,
            bytes: section.bytes(),
            checksum: Checksum::of_parts(section.parts.iter().map(|part| &**part)).to_string(),
        }
    };
    sections.iter().map(entry).collect()
}
