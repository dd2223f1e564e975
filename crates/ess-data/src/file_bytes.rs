//! The bytes of a file: mapped, so that pages that have been read can be given back, or in memory.

use std::{
    fs::File,
    ops::{Deref, Range},
    path::Path,
};

use memmap2::Mmap;

use crate::error::Error;

/// The bytes of a file.
#[derive(Debug)]
pub(crate) enum FileBytes {
    /// They stay in the file.
    Mapped(Mmap),
    /// They were read; what becomes of the file changes nothing.
    InMemory(Vec<u8>),
}

impl FileBytes {
    /// Maps a file.
    pub(crate) fn map(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let kind = file.metadata().map_err(Error::io(path))?.file_type();
        // What the system says of a folder is clear enough.
        if !kind.is_file() && !kind.is_dir() {
            return Err(Error::format(path, "a file, which can be mapped", "a pipe or a device"));
        }
        // SAFETY: the map is read-only, and nobody is to change the file in place while it is mapped: this workspace
        // only ever replaces files by renaming, which leaves a map of the old file whole. That rule is documented at
        // each type that holds a map.
        unsafe { Mmap::map(&file) }.map(Self::Mapped).map_err(Error::io(path))
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        std::fs::read(path).map(Self::InMemory).map_err(Error::io(path))
    }

    /// Gives the memory of some bytes back, which the process would else keep until the map is gone. They are read again
    /// from the file when they are next looked at.
    pub(crate) fn give_back(&self, bytes: Range<usize>) {
        #[cfg(target_os = "linux")]
        {
            /// No system has larger pages by default. The end is rounded down, since the page there is yet to be read.
            const PAGE: usize = 1 << 16;
            let first = bytes.start / PAGE * PAGE;
            let end = if bytes.end == self.len() { bytes.end } else { bytes.end / PAGE * PAGE };
            if let Self::Mapped(map) = self
                && first < end
            {
                // SAFETY: the map is shared with the file and only read, so bytes that are given back come again as they were.
                let given = unsafe {
                    map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, first, end - first)
                };
                // What is kept costs memory only.
                drop(given);
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = bytes;
    }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::InMemory(bytes) => bytes,
        }
    }
}

/// The bytes of a mapped file that are in this process's memory, as Linux counts them.
#[cfg(all(test, target_os = "linux"))]
pub(crate) fn resident_bytes(path: &Path) -> usize {
    let maps = std::fs::read_to_string("/proc/self/smaps").expect("the maps of this process");
    let name = path.canonicalize().expect("a file");
    let name = name.to_str().expect("a name in UTF-8");
    let line = maps.lines().skip_while(|line| !line.ends_with(name)).find(|line| line.starts_with("Rss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)).expect("a mapped file");
    kilobytes.parse::<usize>().expect("a number") << 10
}
