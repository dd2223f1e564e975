//! The codebooks: the centres that codes stand for.

use rand::{SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::sizes::{CENTRES, PAIR};
use crate::cpu::InstructionSet;

/// For each code [`CENTRES`] pairs of components.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Codebooks {
    books: Vec<Codebook>,
    // For each code 16 first components, then 16 second ones.
    numbers: Vec<f32>,
}

/// The centres of one code: their first components, their second components, and half the squares of their norms.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Codebook {
    numbers: [[f32; CENTRES]; PAIR],
    half_squares: [f32; CENTRES],
}

impl Codebooks {
    /// Trains on row-major vectors (`n × 2 codes`, at least one) by k-means, from different vectors as first centres.
    pub(crate) fn train(vectors: &[f32], codes: usize, iterations: usize, seed: u64) -> Self {
        let train = |code: usize| {
            let pairs: Vec<[f32; PAIR]> = vectors
                .chunks_exact(codes * PAIR)
                .map(|row| [row[PAIR * code], row[PAIR * code + 1]])
                .collect();
            Codebook::train(&pairs, iterations, seed.wrapping_add(code as u64))
        };
        let books = (0..codes).into_par_iter().map(train);
        Self::new(books.collect())
    }

    fn new(books: Vec<Codebook>) -> Self {
        let numbers = books.iter().flat_map(|book| book.numbers).flatten().collect();
        Self { books, numbers }
    }

    /// From the values that [`Codebooks::numbers`] gave.
    pub(crate) fn from_numbers(numbers: Vec<f32>) -> Self {
        let (rows, _) = numbers.as_chunks::<CENTRES>();
        let (books, _) = rows.as_chunks::<PAIR>();
        Self::new(books.iter().map(|&numbers| Codebook::new(numbers)).collect())
    }

    /// The centres: for each code 16 first components, then 16 second ones.
    pub(crate) fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// The number of codes of a vector.
    pub(crate) fn codes(&self) -> usize {
        self.books.len()
    }

    /// The codes of a vector (`2 codes` components): for each pair the nearest centre.
    pub(crate) fn encode(&self, instructions: InstructionSet, vector: &[f32], codes: &mut [u8]) {
        instructions.run(|| {
            for ((code, pair), book) in codes.iter_mut().zip(vector.chunks_exact(PAIR)).zip(&self.books) {
                *code = book.nearest([pair[0], pair[1]]) as u8;
            }
        });
    }

    /// The pairs that the codes stand for.
    pub(crate) fn decode<'a>(&'a self, codes: &'a [u8]) -> impl Iterator<Item = [f32; PAIR]> + 'a {
        self.books.iter().zip(codes).map(|(book, &code)| book.numbers.map(|row| row[usize::from(code)]))
    }

    /// A query's inner products with all centres, code by code.
    #[inline(always)]
    pub(super) fn inner_products(&self, query: &[f32], products: &mut [f32]) {
        let (rows, _) = products.as_chunks_mut::<CENTRES>();
        for ((products, pair), book) in rows.iter_mut().zip(query.chunks_exact(PAIR)).zip(&self.books) {
            for (centre, product) in products.iter_mut().enumerate() {
                *product = pair[0] * book.numbers[0][centre] + pair[1] * book.numbers[1][centre];
            }
        }
    }
}

impl Codebook {
    fn new(numbers: [[f32; CENTRES]; PAIR]) -> Self {
        let half_squares = std::array::from_fn(|i| (numbers[0][i].powi(2) + numbers[1][i].powi(2)) / 2.0);
        Self { numbers, half_squares }
    }

    fn train(pairs: &[[f32; PAIR]], iterations: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut numbers = [[0.0; CENTRES]; PAIR];
        for (centre, row) in
            sample(&mut random, pairs.len(), CENTRES.min(pairs.len())).into_iter().enumerate()
        {
            numbers[0][centre] = pairs[row][0];
            numbers[1][centre] = pairs[row][1];
        }
        let mut book = Self::new(numbers);
        for _ in 0..iterations {
            book = book.moved_to_means(pairs);
        }
        book
    }

    /// Each centre at the mean of the pairs nearest to it; one that is nearest to none stays.
    fn moved_to_means(self, pairs: &[[f32; PAIR]]) -> Self {
        let mut sums = [[0.0_f64; CENTRES]; PAIR];
        let mut counts = [0.0_f64; CENTRES];
        let nearest: Vec<usize> =
            InstructionSet::detect().run(|| pairs.iter().map(|&pair| self.nearest(pair)).collect());
        for (&pair, centre) in pairs.iter().zip(nearest) {
            counts[centre] += 1.0;
            sums[0][centre] += f64::from(pair[0]);
            sums[1][centre] += f64::from(pair[1]);
        }
        let mut numbers = self.numbers;
        for (numbers, sums) in numbers.iter_mut().zip(&sums) {
            for ((number, sum), count) in numbers.iter_mut().zip(sums).zip(&counts) {
                if *count > 0.0 {
                    *number = (sum / count) as f32;
                }
            }
        }
        Self::new(numbers)
    }

    /// The nearest centre, the first of several.
    #[inline(always)]
    fn nearest(&self, pair: [f32; PAIR]) -> usize {
        let nearness: [f32; CENTRES] = std::array::from_fn(|i| {
            pair[0] * self.numbers[0][i] + pair[1] * self.numbers[1][i] - self.half_squares[i]
        });
        let most = half_by_half(nearness, f32::max);
        let slots = std::array::from_fn(|i| if nearness[i] >= most { i as u32 } else { CENTRES as u32 });
        // Beyond the last only where a value is not finite.
        half_by_half(slots, u32::min).min(CENTRES as u32 - 1) as usize
    }
}

/// Combines all values in an order that suits registers.
#[inline(always)]
pub(super) fn half_by_half<T: Copy>(numbers: [T; CENTRES], combine: impl Fn(T, T) -> T) -> T {
    let eight: [T; 8] = std::array::from_fn(|i| combine(numbers[i], numbers[i + 8]));
    let four: [T; 4] = std::array::from_fn(|i| combine(eight[i], eight[i + 4]));
    combine(combine(four[0], four[2]), combine(four[1], four[3]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spiral(n: usize, codes: usize) -> Vec<f32> {
        (0..n * codes * PAIR).map(|i| (i as f32 * 0.37).sin() * (1.0 + (i % 7) as f32)).collect()
    }

    #[test]
    fn a_code_names_the_nearest_centre() {
        let vectors = spiral(300, 8);
        let books = Codebooks::train(&vectors, 8, 5, 1);
        let mut codes = [0; 8];
        for vector in vectors.chunks(16) {
            books.encode(InstructionSet::detect(), vector, &mut codes);
            let decoded: Vec<_> = books.decode(&codes).collect();
            for code in 0..8 {
                let distance = |centre: usize| {
                    let numbers = &books.books[code].numbers;
                    (vector[2 * code] - numbers[0][centre]).powi(2)
                        + (vector[2 * code + 1] - numbers[1][centre]).powi(2)
                };
                let nearest = (0..CENTRES).map(distance).fold(f32::MAX, f32::min);
                assert!(distance(usize::from(codes[code])) <= nearest + 1e-5);
                assert_eq!(decoded[code][0], books.books[code].numbers[0][usize::from(codes[code])]);
            }
        }
    }

    #[test]
    fn training_brings_the_centres_nearer() {
        let vectors = spiral(500, 8);
        let error = |books: &Codebooks| -> f32 {
            let mut codes = [0; 8];
            vectors
                .chunks(16)
                .map(|vector| {
                    books.encode(InstructionSet::detect(), vector, &mut codes);
                    let pairs = books.decode(&codes).flatten();
                    vector.iter().zip(pairs).map(|(x, y)| (x - y).powi(2)).sum::<f32>()
                })
                .sum()
        };
        let (start, trained) = (Codebooks::train(&vectors, 8, 0, 1), Codebooks::train(&vectors, 8, 10, 1));
        assert!(error(&trained) < 0.8 * error(&start), "{} and {}", error(&trained), error(&start));
    }

    #[test]
    fn fewer_vectors_than_centres_are_coded_exactly() {
        let vectors = spiral(5, 8);
        let books = Codebooks::train(&vectors, 8, 3, 0);
        assert!(books.numbers().iter().all(|x| x.is_finite()), "a centre of no vector stays");
        let mut codes = [0; 8];
        for vector in vectors.chunks(16) {
            books.encode(InstructionSet::detect(), vector, &mut codes);
            assert!(vector.iter().zip(books.decode(&codes).flatten()).all(|(x, y)| (x - y).abs() < 1e-6));
        }
    }

    #[test]
    fn numbers_make_the_same_codebooks() {
        let books = Codebooks::train(&spiral(50, 16), 16, 2, 3);
        assert_eq!(Codebooks::from_numbers(books.numbers().to_vec()), books);
    }
}
