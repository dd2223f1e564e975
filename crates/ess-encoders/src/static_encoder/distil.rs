//! Making a static encoder of a transformer.

use ess_core::Embeddings;
use ess_linalg::{Moments, PrincipalComponents};
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use super::encoder::StaticEncoder;
use crate::{error::Error, sentence::encoder::SentenceEncoder};

/// How a static encoder is distilled from a transformer.
///
/// ```
/// use ess_encoders::DistilConfig;
///
/// let config: DistilConfig = serde_json::from_str(r#"{"dim": 128}"#)?;
/// assert_eq!(config, DistilConfig { dim: 128, ..DistilConfig::default() });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DistilConfig {
    /// The dimension of the token vectors: so many principal components are kept; at most that of the transformer's
    /// embeddings. Default: 256.
    pub dim: usize,
    /// `a` in a token's weight `a / (a + p)`, where `p` is how often it occurs among all tokens (Arora, Liang and Ma, "A
    /// simple but tough-to-beat baseline for sentence embeddings", ICLR 2017). Above 0. Default: 0.0001.
    pub sif: f64,
}

impl Default for DistilConfig {
    fn default() -> Self {
        Self { dim: 256, sif: 1e-4 }
    }
}

impl DistilConfig {
    fn check(&self, dim: usize) -> Result<(), ess_core::Error> {
        let refuse =
            |name, expected, found: String| Err(ess_core::Error::InvalidParameter { name, expected, found });
        if !(1..=dim).contains(&self.dim) {
            let expected = "between 1 and the dimension of the transformer's embeddings";
            return refuse("dim", expected, format!("{}, the transformer has {dim}", self.dim));
        }
        match self.sif.is_finite() && self.sif > 0.0 {
            true => Ok(()),
            false => refuse("sif", "a finite number above 0", self.sif.to_string()),
        }
    }
}

impl StaticEncoder {
    /// Distils a transformer: each token of its vocabulary goes through the model by itself, principal components make
    /// the vectors shorter, and frequent tokens weigh less (Model2Vec: Tulkens and van Dongen, 2024).
    ///
    /// How frequent a token is comes from its position in the vocabulary, which lists frequent tokens first, by Zipf's law;
    /// [`StaticEncoder::distil_for`] counts instead. It takes what encoding the vocabulary takes: half a minute for
    /// 30 000 tokens and a small model on one core.
    ///
    /// ```no_run
    /// use ess_encoders::{DistilConfig, SentenceEncoder, StaticEncoder};
    ///
    /// let encoder = SentenceEncoder::load("all-MiniLM-L6-v2")?;
    /// let fast = StaticEncoder::distil(&encoder, &DistilConfig::default())?;
    /// fast.save("static-minilm")?;
    /// # Ok::<(), ess_encoders::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ess_core::Error::InvalidParameter`] for a config that names something impossible, [`ess_core::Error::External`] when
    /// all token vectors are the same, [`Error::Device`].
    pub fn distil(encoder: &SentenceEncoder, config: &DistilConfig) -> Result<Self, Error> {
        config.check(encoder.dim())?;
        let tokens = encoder.tokenizer().tokens();
        let shares = zipf(&tokens);
        Self::from_transformer(encoder, config, &shares)
    }

    /// Distils a transformer, with the frequencies of tokens counted in texts like those that will be encoded.
    ///
    /// # Errors
    /// As [`StaticEncoder::distil`]; [`ess_core::Error::Empty`] for no text, [`Error::Tokenizer`].
    pub fn distil_for(
        encoder: &SentenceEncoder,
        config: &DistilConfig,
        texts: &[&str],
    ) -> Result<Self, Error> {
        config.check(encoder.dim())?;
        if texts.is_empty() {
            return Err(ess_core::Error::Empty { what: "texts to count tokens in" }.into());
        }
        let mut counts = vec![0_u64; encoder.vocabulary()];
        for texts in texts.chunks(1024) {
            for text in encoder.tokenizer().encode(texts.to_vec(), false)? {
                text.ids.iter().for_each(|&id| counts[id as usize] += 1);
            }
        }
        let total = counts.iter().sum::<u64>().max(1) as f64;
        let shares: Vec<f64> = counts.iter().map(|&count| count as f64 / total).collect();
        Self::from_transformer(encoder, config, &shares)
    }

    fn from_transformer(
        encoder: &SentenceEncoder,
        config: &DistilConfig,
        shares: &[f64],
    ) -> Result<Self, Error> {
        let vectors = encoder.encode_vocabulary()?;
        let components =
            PrincipalComponents::new(&Moments::of(&vectors)).map_err(ess_core::Error::external)?;
        let mut table = shortened(&vectors, &components, config.dim)?;
        for (mut row, share) in table.rows_mut().into_iter().zip(shares) {
            let weight = config.sif / (config.sif + share);
            row.mapv_inplace(|value| value * weight as f32);
        }
        let tokenizer = encoder.tokenizer().uncut()?;
        let unknown = tokenizer.unknown();
        let table = table.into_raw_vec_and_offset().0;
        Ok(Self { tokenizer, table, dim: config.dim, normalize: true, unknown, similarity: None })
    }
}

/// The first components of centred vectors, `n × dim`.
fn shortened(
    vectors: &Embeddings,
    components: &PrincipalComponents,
    dim: usize,
) -> Result<Array2<f32>, Error> {
    const CHUNK: usize = 4096;
    let axes = components.axes(dim).map_err(ess_core::Error::external)?;
    let mut table = Array2::<f32>::zeros((vectors.len(), dim));
    let chunks = vectors.view();
    let chunks = chunks.axis_chunks_iter(Axis(0), CHUNK);
    for (rows, mut out) in chunks.zip(table.axis_chunks_iter_mut(Axis(0), CHUNK)) {
        let centred = rows.mapv(f64::from) - components.mean();
        out.assign(&centred.dot(&axes).mapv(|value| value as f32));
    }
    Ok(table)
}

/// The share of each token by its rank, of those that stand for something.
fn zipf(tokens: &[Option<String>]) -> Vec<f64> {
    let stands_for_something =
        |token: &Option<String>| token.as_ref().is_some_and(|token| !token.starts_with("[unused"));
    let mut rank = 1.0;
    let mut shares: Vec<f64> = tokens
        .iter()
        .map(|token| {
            rank += f64::from(u8::from(stands_for_something(token)));
            1.0 / rank
        })
        .collect();
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= total);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fall_with_the_rank_and_sum_to_one() {
        let tokens = ["[PAD]", "[unused0]", "the", "of"].map(|token| Some(token.to_owned()));
        let shares = zipf(&tokens);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(shares[0], shares[1]);
        assert!(shares[1] > shares[2] && shares[2] > shares[3]);
    }
}
