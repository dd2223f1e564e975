//! Static encoders of word vectors.

mod principal;
mod tokenizer;

use std::borrow::Cow;

use ess_core::ItemEncoder;
use serde::{Deserialize, Serialize};

use self::{
    principal::{MAX_DIM, first_direction},
    tokenizer::of_words,
};
use super::encoder::StaticEncoder;
use crate::{error::Error, word_vectors::vectors::WordVectors};

/// How word vectors become an encoder.
///
/// ```
/// use ess_encoders::WordsConfig;
///
/// let config: WordsConfig = serde_json::from_str(r#"{"sif": 0.001, "remove_component": true}"#)?;
/// assert_eq!(config, WordsConfig { sif: Some(0.001), remove_component: true, ..WordsConfig::default() });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WordsConfig {
    /// `a` in a word's weight `a / (a + p)`, where `p` is its share of all words (smooth inverse frequency: Arora, Liang and
    /// Ma, "A simple but tough-to-beat baseline for sentence embeddings", ICLR 2017). Above 0; they take 0.001. Default: every
    /// word weighs 1.
    pub sif: Option<f64>,
    /// Whether the first principal component of the sample's embeddings (not centred) is taken from every embedding, as in the
    /// same paper. It needs a sample. Default: no.
    pub remove_component: bool,
    /// Whether texts are turned to lower case. Default: where no word has an upper-case letter.
    pub lowercase: Option<bool>,
    /// Whether embeddings are scaled to unit norm. Default: no.
    pub normalize: bool,
}

impl WordsConfig {
    fn check(&self, sample: &[&str]) -> Result<(), ess_core::Error> {
        let refuse =
            |name, expected, found: String| Err(ess_core::Error::InvalidParameter { name, expected, found });
        match self.sif {
            Some(sif) if !(sif.is_finite() && sif > 0.0) => {
                refuse("sif", "a finite number above 0", sif.to_string())
            }
            _ if self.remove_component && sample.is_empty() => {
                refuse("remove_component", "a sample of texts beside it", "none".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl StaticEncoder {
    /// The mean of the vectors of a text's words, weighted as the settings say. Words without a vector are left out; a text
    /// without one that has becomes zeros.
    ///
    /// `sample` are texts like those that will be encoded: words are counted in them, and the component to remove is theirs.
    /// Where it is empty, how often a word stands comes from the file (fastText's models), else from its place by Zipf's law.
    /// Weights and removal are put into the table of vectors, so that the encoder is as fast with them, and is saved and
    /// read as any other.
    ///
    /// ```no_run
    /// use ess_encoders::{StaticEncoder, WordVectors, WordsConfig};
    ///
    /// let words = WordVectors::open("glove.6B.300d.txt")?;
    /// let config = WordsConfig { sif: Some(0.001), remove_component: true, ..WordsConfig::default() };
    /// let encoder = StaticEncoder::from_words(words, &config, &["a text like those to come", "another"])?;
    /// encoder.save("glove-sif")?;
    /// # Ok::<(), ess_encoders::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] for settings that make no sense, and for `remove_component` where vectors have more
    /// than 4096 components.
    pub fn from_words(words: WordVectors, config: &WordsConfig, sample: &[&str]) -> Result<Self, Error> {
        config.check(sample)?;
        if config.remove_component && words.dim > MAX_DIM {
            let (name, expected) = ("remove_component", "vectors of at most 4096 components");
            return Err(
                ess_core::Error::InvalidParameter { name, expected, found: words.dim.to_string() }.into()
            );
        }
        let has_upper_case = || words.words.iter().any(|word| word.chars().any(char::is_uppercase));
        let lowercase = config.lowercase.unwrap_or_else(|| !has_upper_case());
        let tokenizer = of_words(&words.words, lowercase)?;
        let WordVectors { mut table, dim, counts, words, .. } = words;
        // The row of the token that stands for no word.
        table.resize(table.len() + dim, 0.0);
        let unknown = Some(words.len() as u32);
        let mut encoder = Self { tokenizer, table, dim, normalize: false, unknown, similarity: None };
        if let Some(sif) = config.sif {
            let shares = encoder.shares(counts.as_deref(), words.len(), sample)?;
            for (row, share) in encoder.table.chunks_exact_mut(dim).zip(shares) {
                let weight = (sif / (sif + share)) as f32;
                row.iter_mut().for_each(|component| *component *= weight);
            }
        }
        if config.remove_component {
            encoder.remove_component(sample)?;
        }
        encoder.normalize = config.normalize;
        Ok(encoder)
    }

    /// Each word's share of all that stand in the sample, in the file's texts, or by Zipf's law.
    fn shares(&self, counts: Option<&[u64]>, words: usize, sample: &[&str]) -> Result<Vec<f64>, Error> {
        let counts: Cow<'_, [u64]> = match (sample, counts) {
            ([], Some(counts)) => counts.into(),
            ([], None) => {
                let harmonic: f64 = (1..=words).map(|rank| 1.0 / rank as f64).sum();
                return Ok((1..=words).map(|rank| 1.0 / (rank as f64 * harmonic)).collect());
            }
            (sample, _) => self.counted(words, sample)?.into(),
        };
        let total = counts.iter().map(|&count| count as f64).sum::<f64>().max(1.0);
        Ok(counts.iter().map(|&count| count as f64 / total).collect())
    }

    fn counted(&self, words: usize, sample: &[&str]) -> Result<Vec<u64>, Error> {
        const TEXTS: usize = 1024;
        let mut counts = vec![0_u64; words];
        for texts in sample.chunks(TEXTS) {
            for text in self.tokenizer.encode(texts.to_vec(), false)? {
                for id in text.ids {
                    if let Some(count) = counts.get_mut(id as usize) {
                        *count += 1;
                    }
                }
            }
        }
        Ok(counts)
    }

    /// Takes the component that the sample's embeddings share from every row: from a mean of rows it is then taken as well.
    fn remove_component(&mut self, sample: &[&str]) -> Result<(), Error> {
        let embeddings = self.encode_items(sample)?;
        let Some(direction) = first_direction(embeddings.rows(), self.dim) else { return Ok(()) };
        for row in self.table.chunks_exact_mut(self.dim) {
            let along: f64 = row.iter().zip(&direction).map(|(&x, y)| f64::from(x) * y).sum();
            row.iter_mut().zip(&direction).for_each(|(x, y)| *x = (f64::from(*x) - along * y) as f32);
        }
        Ok(())
    }
}
