//! Words and their vectors in memory.

use std::collections::HashMap;

/// The vectors of words, in the order of the file: frequent words first, in all published ones.
///
/// The format is told from the content: text as GloVe writes it (a word and its components, a line each), text as word2vec and
/// fastText's `.vec` have it (the same behind a line with both counts), word2vec's binary form, and fastText's `.bin`. Of
/// fastText's model come the vectors of its words, each the mean of the word's and its n-grams' as fastText computes them; words
/// that it has not are not made of their n-grams. A word that comes again is skipped, and bytes that are not UTF-8 are replaced.
///
/// ```
/// use ess_encoders::WordVectors;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("glove.txt");
/// std::fs::write(&path, "the 0.1 0.2\ncat 1 -2\n").unwrap();
/// let words = WordVectors::open(&path)?;
/// assert_eq!((words.len(), words.dim(), words.vector("cat")), (2, 2, Some(&[1.0, -2.0][..])));
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub struct WordVectors {
    pub(crate) words: Vec<String>,
    /// The index of each word.
    pub(super) indices: HashMap<String, usize>,
    /// Words × dim.
    pub(crate) table: Vec<f32>,
    pub(crate) dim: usize,
    /// How often each word stood in the texts of training, where the file says so.
    pub(crate) counts: Option<Vec<u64>>,
}

impl WordVectors {
    /// The number of words.
    #[allow(clippy::len_without_is_empty, reason = "there is at least one")]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// The dimension of the vectors.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The words, in the order of the file.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// A word's vector.
    pub fn vector(&self, word: &str) -> Option<&[f32]> {
        self.indices.get(word).map(|&index| self.row(index))
    }

    /// How often each word stood in the texts of training; of fastText's models alone.
    pub fn counts(&self) -> Option<&[u64]> {
        self.counts.as_deref()
    }

    /// The first words alone: fewer take less memory, and rare words are of little weight.
    #[must_use]
    pub fn first(mut self, words: usize) -> Self {
        self.words.truncate(words.max(1));
        self.table.truncate(self.words.len() * self.dim);
        let left = self.words.len();
        self.indices.retain(|_, index| *index < left);
        self.counts = self.counts.map(|counts| counts[..left].to_vec());
        self
    }

    pub(super) fn row(&self, index: usize) -> &[f32] {
        &self.table[index * self.dim..][..self.dim]
    }

    pub(super) fn empty(dim: usize) -> Self {
        Self { words: Vec::new(), indices: HashMap::new(), table: Vec::new(), dim, counts: None }
    }

    /// Adds a word; `false` where it is there already.
    pub(super) fn push(&mut self, word: String, vector: &[f32]) -> bool {
        if self.indices.contains_key(&word) {
            return false;
        }
        self.indices.insert(word.clone(), self.words.len());
        self.words.push(word);
        self.table.extend_from_slice(vector);
        true
    }
}
