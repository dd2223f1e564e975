//! fastText's `.bin`, version 12: settings, dictionary and the matrix of words and n-grams.

use super::{
    reading::{MAX_DIM, Source},
    vectors::WordVectors,
};
use crate::error::Error;

/// 793712314, little-endian.
pub(super) const MAGIC: [u8; 4] = 793_712_314_i32.to_le_bytes();
const VERSION: i32 = 12;
/// The minimum size of a word in the dictionary in bytes: its end, its count and its kind.
const ENTRY_BYTES: u64 = 1 + 8 + 1;

/// What of a model's settings is needed.
struct Settings {
    dim: usize,
    buckets: usize,
    min_ngram: usize,
    max_ngram: usize,
}

pub(super) fn read(source: &mut Source, most: usize) -> Result<WordVectors, Error> {
    let settings = settings(source)?;
    let (names, counts) = dictionary(source)?;
    let rows = matrix(source, names.len() + settings.buckets, settings.dim)?;
    let mut words = WordVectors::empty(settings.dim);
    let in_matrix = rows.len() / settings.dim - settings.buckets;
    let mut kept = Vec::new();
    for (index, (name, count)) in names.into_iter().zip(counts).enumerate() {
        let vector = word_vector(&settings, &name, index, in_matrix, &rows);
        if words.push(String::from_utf8_lossy(&name).into_owned(), &vector) {
            kept.push(count);
        }
        if kept.len() == most {
            break;
        }
    }
    words.counts = Some(kept);
    Ok(words)
}

fn int(source: &mut Source, what: &str) -> Result<i32, Error> {
    source.number(&|| what.to_owned()).map(i32::from_le_bytes)
}

/// A count that may not be below 0.
fn count(source: &mut Source, what: &str, most: usize) -> Result<usize, Error> {
    let found = int(source, what)?;
    match usize::try_from(found) {
        Ok(count) if count <= most => Ok(count),
        _ => Err(source.error(what, format!("0 to {most}"), found)),
    }
}

fn settings(source: &mut Source) -> Result<Settings, Error> {
    source.number::<4>(&|| "magic".to_owned())?;
    let version = int(source, "version")?;
    if version != VERSION {
        return Err(source.error("version", VERSION.to_string(), version));
    }
    let dim = count(source, "dim", MAX_DIM)?;
    // ws, epoch, minCount, neg, wordNgrams, loss, model.
    for name in ["ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model"] {
        int(source, name)?;
    }
    let buckets = count(source, "bucket", i32::MAX as usize)?;
    let (min_ngram, max_ngram) = (count(source, "minn", 1 << 10)?, count(source, "maxn", 1 << 10)?);
    int(source, "lrUpdateRate")?;
    source.number::<8>(&|| "t".to_owned())?;
    if dim == 0 {
        return Err(source.error("dim", "at least 1", 0));
    }
    // Without n-grams the buckets of supervised models are of pairs of words.
    Ok(Settings { dim, buckets, min_ngram, max_ngram })
}

/// The words, without labels, and how often each stood in the texts of training.
fn dictionary(source: &mut Source) -> Result<(Vec<Vec<u8>>, Vec<u64>), Error> {
    let size = count(source, "size of the dictionary", i32::MAX as usize)?;
    let words = count(source, "words of the dictionary", size)?;
    let labels = count(source, "labels of the dictionary", size)?;
    source.number::<8>(&|| "number of tokens".to_owned())?;
    let pruned = i64::from_le_bytes(source.number(&|| "size of the pruned index".to_owned())?);
    if words + labels != size || words == 0 {
        return Err(source.error("words of the dictionary", format!("{size} less {labels} labels"), words));
    }
    if pruned >= 0 {
        return Err(source.error("size of the pruned index", "none: a model that is not quantised", pruned));
    }
    if size as u64 > source.left() / ENTRY_BYTES {
        let found = format!("{} bytes to the end", source.left());
        return Err(source.error("size of the dictionary", format!("{size} entries, as it says"), found));
    }
    let (mut names, mut counts) = (Vec::new(), Vec::new());
    for number in 0..size {
        let place = || format!("word {number} of the dictionary, from 0");
        let name = source.until(0, &place)?.ok_or_else(|| source.error(place(), "a word", "the end"))?;
        let count = i64::from_le_bytes(source.number(&place)?);
        let [kind] = source.number::<1>(&place)?;
        // Words stand before labels.
        match (kind, number < words, u64::try_from(count)) {
            (0, true, Ok(count)) => {
                names.push(name);
                counts.push(count);
            }
            (1, false, Ok(_)) => {}
            _ => {
                return Err(source.error(
                    place(),
                    "words, then labels",
                    format!("kind {kind}, count {count}"),
                ));
            }
        }
    }
    Ok((names, counts))
}

fn matrix(source: &mut Source, rows: usize, dim: usize) -> Result<Vec<f32>, Error> {
    let [quantised] = source.number::<1>(&|| "kind of the matrix".to_owned())?;
    if quantised != 0 {
        return Err(source.error("kind of the matrix", "one that is not quantised", quantised));
    }
    let place = || "size of the matrix".to_owned();
    let found = [i64::from_le_bytes(source.number(&place)?), i64::from_le_bytes(source.number(&place)?)];
    if found != [rows as i64, dim as i64] {
        return Err(source.error(place(), format!("{rows} × {dim}"), format!("{} × {}", found[0], found[1])));
    }
    let count = rows.checked_mul(dim).ok_or_else(|| source.error(place(), "as much as there is", "more"))?;
    source.floats(count, &|| "the matrix".to_owned())
}

/// The mean of a word's own row and those of its n-grams.
fn word_vector(settings: &Settings, name: &[u8], index: usize, words: usize, rows: &[f32]) -> Vec<f32> {
    let dim = settings.dim;
    let mut vector = rows[index * dim..][..dim].to_vec();
    // The end of a sentence has no n-grams.
    if name == b"</s>" {
        return vector;
    }
    let mut summed = 1_usize;
    for bucket in ngrams(settings, name) {
        let row = &rows[(words + bucket) * dim..][..dim];
        vector.iter_mut().zip(row).for_each(|(sum, component)| *sum += component);
        summed += 1;
    }
    let scale = 1.0 / summed as f32;
    vector.iter_mut().for_each(|component| *component *= scale);
    vector
}

/// The buckets of the n-grams of `<word>`, as fastText takes them: of characters, found by their first bytes.
fn ngrams(settings: &Settings, name: &[u8]) -> Vec<usize> {
    let Settings { buckets, min_ngram, max_ngram, .. } = *settings;
    let mut found = Vec::new();
    if max_ngram == 0 || buckets == 0 {
        return found;
    }
    let word = [b"<", name, b">"].concat();
    let begins = |byte: u8| byte & 0xc0 != 0x80;
    for start in (0..word.len()).filter(|&at| begins(word[at])) {
        let mut end = start;
        for length in 1..=max_ngram {
            if end >= word.len() {
                break;
            }
            end += 1;
            while end < word.len() && !begins(word[end]) {
                end += 1;
            }
            let edge = length == 1 && (start == 0 || end == word.len());
            if length >= min_ngram && !edge {
                found.push(hash(&word[start..end]) as usize % buckets);
            }
        }
    }
    found
}

/// FNV-1a, over signed bytes as fastText has it.
fn hash(bytes: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ (*byte as i8 as u32)).wrapping_mul(16_777_619);
    bytes.iter().fold(2_166_136_261, step)
}
