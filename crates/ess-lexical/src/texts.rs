//! Many texts in two arrays, as files have them.

use std::ops::Range;

use ess_files::{Error, Section, SectionFile, Values};

/// Texts one after the other, and where each ends.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    ends: Values<u64>,
    bytes: Values<u8>,
}

impl Texts {
    pub(super) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut ends, mut bytes) = (Vec::new(), Vec::new());
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            ends.push(bytes.len() as u64);
        }
        Self { ends: ends.into(), bytes: bytes.into() }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of one text; none for one that a damaged file does not have.
    pub(super) fn get(&self, at: usize) -> &[u8] {
        self.range(at).and_then(|range| self.bytes.get(range)).unwrap_or_default()
    }

    fn range(&self, at: usize) -> Option<Range<usize>> {
        let end = |at: usize| usize::try_from(self.ends[at]).ok();
        Some(if at == 0 { 0 } else { end(at - 1)? }..end(at)?)
    }

    /// The same texts as strings.
    pub(super) fn to_strings(&self, file: &SectionFile) -> Result<Vec<String>, Error> {
        let text = |at| String::from_utf8(self.get(at).to_vec());
        (0..self.len()).map(text).collect::<Result<_, _>>().map_err(|_| file.mismatch("texts", "other bytes"))
    }

    /// The position of a text, where texts ascend byte by byte.
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(text.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Whether each text comes after the one before it, byte by byte.
    pub(super) fn ascend(&self) -> bool {
        (1..self.len()).all(|at| self.get(at - 1) < self.get(at))
    }

    pub(super) fn sections(&self, ends: &'static str, bytes: &'static str) -> [Section<'_>; 2] {
        [Section::new(ends, &[&self.ends[..]]), Section::new(bytes, &[&self.bytes[..]])]
    }

    /// `count` texts of a file.
    pub(super) fn from_file(
        file: &SectionFile,
        ends: &str,
        bytes: &str,
        count: usize,
    ) -> Result<Self, Error> {
        let texts = Self { ends: file.values(ends, Some(count))?, bytes: file.values(bytes, None)? };
        let ends_with_bytes = texts.ends.last().is_none_or(|&last| last == texts.bytes.len() as u64);
        if !(texts.ends.is_sorted() && ends_with_bytes) {
            return Err(file.mismatch(format!("ends of {count} texts in section {ends}"), "others"));
        }
        Ok(texts)
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self::new([])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_where_they_stand() {
        let words = ["", "a", "ab", "b", "ä"];
        let texts = Texts::new(words);
        assert!(texts.ascend() && !Texts::new(["b", "a"]).ascend() && !Texts::new(["a", "a"]).ascend());
        for (at, word) in words.iter().enumerate() {
            assert_eq!((texts.find(word), texts.get(at)), (Some(at), word.as_bytes()));
        }
        assert_eq!([texts.find("aa"), texts.find("z"), Texts::default().find("a")], [None; 3]);
    }
}
