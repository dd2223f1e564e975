//! One run of gradient descent on free embeddings of queries and items.

use ndarray::{Array2, ArrayView1, Axis, Zip};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Steps between two looks at what is realised.
const LOOK: usize = 25;

/// Adam's decay of its two moments, and what keeps its quotient finite.
const DECAY: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// How a run goes on.
#[derive(Clone, Copy)]
pub(super) struct Course {
    pub(super) dim: usize,
    pub(super) unit_norm: bool,
    pub(super) temperature: f64,
    pub(super) learning_rate: f64,
    pub(super) steps: usize,
}

/// A vector for each item, and one for each set of items that is to be first.
pub(super) struct FreeRun<'s> {
    sets: &'s [Vec<usize>],
    course: Course,
    queries: Adam,
    items: Adam,
}

/// A matrix that Adam moves.
struct Adam {
    value: Array2<f64>,
    moments: [Array2<f64>; 2],
}

impl<'s> FreeRun<'s> {
    pub(super) fn new(sets: &'s [Vec<usize>], items: usize, course: Course, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut random =
            |rows: usize| Adam::new(Array2::from_shape_fn((rows, course.dim), |_| rng.random::<f64>() - 0.5));
        let (items, queries) = (random(items), random(sets.len()));
        let mut run = Self { sets, course, queries, items };
        run.project();
        run
    }

    /// Descends until every set is first, and gives the share that is: the largest at any look.
    pub(super) fn realised(mut self) -> f64 {
        let mut best = 0.0_f64;
        for step in 1..=self.course.steps {
            let scores = self.queries.value.dot(&self.items.value.t());
            if step % LOOK == 0 || step == self.course.steps {
                let first = self.sets.iter().zip(scores.outer_iter());
                let first = first.filter(|(set, scores)| is_first(set, *scores));
                best = best.max(first.count() as f64 / self.sets.len() as f64);
                if best >= 1.0 {
                    break;
                }
            }
            self.step(scores, step);
        }
        best
    }

    /// The softmax of the scores is moved towards equal shares of each set's items: InfoNCE with all items as negatives.
    fn step(&mut self, scores: Array2<f64>, step: usize) {
        let Course { temperature, learning_rate, .. } = self.course;
        let mut slope = scores / temperature;
        for (mut row, set) in slope.outer_iter_mut().zip(self.sets) {
            let top = row.fold(f64::NEG_INFINITY, |top, &x| top.max(x));
            row.mapv_inplace(|x| (x - top).exp());
            let sum = row.sum();
            row /= sum;
            set.iter().for_each(|&item| row[item] -= 1.0 / set.len() as f64);
        }
        let of_items = slope.t().dot(&self.queries.value);
        let of_queries = slope.dot(&self.items.value);
        self.items.step(&of_items, learning_rate, step);
        self.queries.step(&of_queries, learning_rate, step);
        self.project();
    }

    /// Queries have norm 1, as their length changes no ranking; items where they are to.
    fn project(&mut self) {
        self.queries.normalise();
        if self.course.unit_norm {
            self.items.normalise();
        }
    }
}

impl Adam {
    fn new(value: Array2<f64>) -> Self {
        let zeros = Array2::zeros(value.dim());
        Self { moments: [zeros.clone(), zeros], value }
    }

    fn step(&mut self, slope: &Array2<f64>, rate: f64, step: usize) {
        let [unbias_first, unbias_second] = DECAY.map(|decay| 1.0 - decay.powi(step.min(100_000) as i32));
        let [first, second] = &mut self.moments;
        Zip::from(&mut self.value).and(slope).and(first).and(second).for_each(|x, &g, first, second| {
            *first = DECAY[0] * *first + (1.0 - DECAY[0]) * g;
            *second = DECAY[1] * *second + (1.0 - DECAY[1]) * g * g;
            *x -= rate * (*first / unbias_first) / ((*second / unbias_second).sqrt() + EPSILON);
        });
    }

    fn normalise(&mut self) {
        for mut row in self.value.axis_iter_mut(Axis(0)) {
            let norm = row.dot(&row).sqrt().max(1e-12);
            row /= norm;
        }
    }
}

/// Whether all items of a set score above all others.
fn is_first(set: &[usize], scores: ArrayView1<'_, f64>) -> bool {
    let last = set.iter().map(|&item| scores[item]).fold(f64::INFINITY, f64::min);
    scores.iter().filter(|&&score| score >= last).count() == set.len()
}
