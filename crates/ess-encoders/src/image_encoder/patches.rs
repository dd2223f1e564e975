//! From the pixels of an image to a vector for each of its patches.

use crate::{compute::host::dense_rows, error::Error, weights::Weights};

/// How an image is cut into patches, and what each becomes.
pub(super) struct Patches {
    /// Pixels of an image's side.
    pub(super) image: usize,
    /// Pixels of a patch's side.
    patch: usize,
    pub(super) colours: usize,
    /// `d × colours patch patch`.
    weight: Vec<f32>,
    /// What stands in the place of a patch before all others, `d`.
    class: Vec<f32>,
}

impl Patches {
    pub(super) fn read(
        weights: &Weights,
        prefix: &str,
        dim: usize,
        [image, patch, colours]: [usize; 3],
    ) -> Result<Self, Error> {
        let name = format!("{prefix}embeddings.patch_embedding.weight");
        let weight = weights.read(&name, &[dim, colours, patch, patch])?;
        let class = weights.read(&format!("{prefix}embeddings.class_embedding"), &[dim])?;
        Ok(Self { image, patch, colours, weight, class })
    }

    /// How many values an image has: pixels, times colours.
    pub(super) fn pixels(&self) -> usize {
        self.colours * self.image * self.image
    }

    /// How many tokens an image has: its patches, and one before them.
    pub(super) fn tokens(&self) -> usize {
        1 + (self.image / self.patch).pow(2)
    }

    /// `tokens × d` of an image of `colours × image × image`.
    pub(super) fn embed(&self, pixels: &[f32]) -> Vec<f32> {
        let Self { image, patch, colours, .. } = *self;
        let columns = colours * patch * patch;
        let mut rows = Vec::with_capacity((self.tokens() - 1) * columns);
        for top in (0..image / patch).map(|at| at * patch) {
            for left in (0..image / patch).map(|at| at * patch) {
                for line in
                    (0..colours).flat_map(|colour| (top..top + patch).map(move |y| colour * image + y))
                {
                    rows.extend_from_slice(&pixels[line * image + left..][..patch]);
                }
            }
        }
        let mut tokens = self.class.clone();
        tokens.extend(dense_rows(&rows, columns, &self.weight, &vec![0.0; self.class.len()]));
        tokens
    }
}
