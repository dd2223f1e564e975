//! Encodings that hold less.

use anyhow::Result;
use ess_core::{Embeddings, SearchModule};
use ess_linalg::{Moments, PrincipalComponents};
use ndarray::{Array1, Array2, Axis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What becomes of vectors.
type Change = Box<dyn FnMut(&Embeddings) -> Result<Embeddings>>;

/// A change of encodings, of queries and items alike, and how much of the items' variance it keeps, from 0 to 1.
pub(super) struct Dial {
    pub(super) change: Change,
    pub(super) kept: f64,
}

/// Noise of the same length in place of all but a share of each vector's squared length. Drawn anew for each vector.
pub(super) fn noise(share: f64, seed: u64) -> Dial {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let change = move |vectors: &Embeddings| -> Result<Embeddings> {
        let mut noisy = vectors.view().to_owned();
        for mut row in noisy.rows_mut() {
            let length = row.dot(&row).sqrt();
            let drawn: Array1<f32> = (0..row.len()).map(|_| normal(&mut random)).collect();
            let noise_length = drawn.dot(&drawn).sqrt().max(f32::MIN_POSITIVE);
            row *= share.sqrt() as f32;
            row.scaled_add((1.0 - share).sqrt() as f32 * length / noise_length, &drawn);
        }
        Ok(Embeddings::new(noisy)?)
    };
    Dial { change: Box::new(change), kept: share }
}

/// A number of the standard normal distribution, by Box and Muller.
fn normal(random: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * random.random::<f32>()).cos()
}

/// The first principal directions of the items.
pub(super) fn components(items: &Embeddings, count: usize) -> Result<Dial> {
    let components = PrincipalComponents::new(&Moments::of(items))?;
    let count = count.min(components.dim());
    let map = components.keep(count)?;
    let held: f64 = components.variances().iter().take(count).sum();
    let kept = held / components.variances().sum();
    Ok(Dial { change: Box::new(move |vectors| Ok(map.apply(vectors)?)), kept })
}

/// Each dimension in `2^bits` equal steps between the least and the most that an item has.
pub(super) fn bits(items: &Embeddings, bits: u32) -> Result<Dial> {
    let ends = |pick: fn(f32, f32) -> f32, start| {
        items.view().fold_axis(Axis(0), start, move |&one, &other| pick(one, other))
    };
    let (low, high) = (ends(f32::min, f32::INFINITY), ends(f32::max, f32::NEG_INFINITY));
    let steps = 2_f32.powi(bits as i32);
    let change = move |vectors: &Embeddings| -> Result<Embeddings> {
        let mut coarse = vectors.view().to_owned();
        for mut row in coarse.rows_mut() {
            for ((value, &low), &high) in row.iter_mut().zip(&low).zip(&high) {
                let width = ((high - low) / steps).max(f32::MIN_POSITIVE);
                let step = ((*value - low) / width).floor().clamp(0.0, steps - 1.0);
                *value = low + (step + 0.5) * width;
            }
        }
        Ok(Embeddings::new(coarse)?)
    };
    let kept = explained(items, &change(items)?);
    Ok(Dial { change: Box::new(change), kept })
}

/// The share of the variance that a scaled form of other vectors explains: the squared correlation of the numbers, each less the mean
/// of its dimension.
fn explained(vectors: &Embeddings, by: &Embeddings) -> f64 {
    let [one, other] = [vectors, by].map(|vectors| {
        let numbers = vectors.view().mapv(f64::from);
        let mean = numbers.sum_axis(Axis(0)) / vectors.len() as f64;
        numbers - &mean
    });
    let product = |one: &Array2<f64>, other: &Array2<f64>| (one * other).sum();
    let scale = product(&one, &one) * product(&other, &other);
    if scale > 0.0 { product(&one, &other).powi(2) / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items of which two of six dimensions hold everything.
    fn plane() -> Embeddings {
        let row = |at: usize| {
            let angle = at as f32;
            [angle.cos(), angle.sin(), 0.0, 0.0, 0.0, 0.0]
        };
        Embeddings::from_rows(&(0..100).map(row).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn as_many_directions_as_hold_all_information_change_nothing() {
        let items = plane();
        let mut both = components(&items, 2).unwrap();
        assert!((both.kept - 1.0).abs() < 1e-9);
        let kept = (both.change)(&items).unwrap();
        assert!(kept.as_slice().iter().zip(items.as_slice()).all(|(one, other)| (one - other).abs() < 1e-5));
        let one = components(&items, 1).unwrap().kept;
        assert!((one - 0.5).abs() < 0.05, "one of two equal directions keeps {one}");
    }

    #[test]
    fn noise_keeps_lengths_and_no_share_of_it_keeps_anything() {
        let items = plane();
        let noisy = (noise(0.0, 1).change)(&items).unwrap();
        assert!(noisy.rows().all(|row| (row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4));
        let agree: f32 = noisy.as_slice().iter().zip(items.as_slice()).map(|(one, other)| one * other).sum();
        assert!((agree / 100.0).abs() < 0.15, "{agree}");
        assert_eq!((noise(1.0, 1).change)(&items).unwrap(), items);
    }

    #[test]
    fn a_bit_is_the_side_of_the_middle() {
        let items = Embeddings::from_rows(&[[-1.0], [-0.2], [0.4], [1.0]]).unwrap();
        let mut dial = bits(&items, 1).unwrap();
        assert_eq!((dial.change)(&items).unwrap().as_slice(), [-0.5, -0.5, 0.5, 0.5]);
        // Less the mean of .05: a product of 1.3, squares of 2.19 and 1.
        assert!((dial.kept - 1.3 * 1.3 / 2.19).abs() < 1e-6, "{}", dial.kept);
    }
}
