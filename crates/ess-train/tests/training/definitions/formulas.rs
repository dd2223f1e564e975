//! What each loss is by its paper, in double precision and without any care for speed.

/// What a loss knows of a query.
#[derive(Clone)]
pub(crate) struct Known {
    /// The mapped query.
    pub(crate) query: Vec<f64>,
    /// What the identity gives for it.
    pub(crate) frozen: Vec<f64>,
    pub(crate) similarities: Vec<f64>,
    /// 0 where nobody judged.
    pub(crate) grades: Vec<i32>,
    /// The items that are relevant to any query of the batch.
    pub(crate) in_batch: Vec<usize>,
    /// A teacher's scores of some items.
    pub(crate) teacher: Vec<(usize, f64)>,
}

impl Known {
    /// `Σ f(i, j)` over the pairs of these items of which `i` has the higher grade, and their number.
    fn pairs(&self, items: &[usize], f: impl Fn(usize, usize) -> f64) -> (f64, usize) {
        let higher = items.iter().filter(|&&i| self.grades[i] > 0);
        let pairs = higher.flat_map(|&i| items.iter().map(move |&j| (i, j)));
        let pairs: Vec<_> = pairs.filter(|&(i, j)| self.grades[i] > self.grades[j]).collect();
        (pairs.iter().map(|&(i, j)| f(i, j)).sum(), pairs.len())
    }

    fn mean(&self, items: &[usize], f: impl Fn(usize, usize) -> f64) -> f64 {
        let (sum, pairs) = self.pairs(items, f);
        if pairs == 0 { 0.0 } else { sum / pairs as f64 }
    }

    fn all(&self) -> Vec<usize> {
        (0..self.similarities.len()).collect()
    }

    fn ahead(&self, i: usize, j: usize) -> f64 {
        self.similarities[i] - self.similarities[j]
    }

    /// The rank of an item, from 1.
    fn rank(&self, item: usize) -> usize {
        1 + self.similarities.iter().filter(|&&s| s > self.similarities[item]).count()
    }

    fn ideal(&self, gain: fn(i32) -> f64, cutoff: usize) -> f64 {
        let mut gains: Vec<f64> = self.grades.iter().map(|&grade| gain(grade)).collect();
        gains.sort_by(|a, b| b.total_cmp(a));
        gains.iter().zip(1..).map(|(gain, rank)| gain * discount(rank, cutoff)).sum()
    }

    fn scored(&self) -> Vec<usize> {
        self.teacher.iter().map(|&(item, _)| item).collect()
    }

    fn score(&self, item: usize) -> f64 {
        self.teacher.iter().find(|&&(other, _)| other == item).unwrap().1
    }
}

fn discount(rank: usize, cutoff: usize) -> f64 {
    if rank > cutoff { 0.0 } else { 1.0 / (1.0 + rank as f64).log2() }
}

fn linear(grade: i32) -> f64 {
    f64::from(grade)
}

fn exponential(grade: i32) -> f64 {
    f64::from(grade).exp2() - 1.0
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn log_softmax(values: &[f64]) -> Vec<f64> {
    let log_sum = values.iter().map(|x| x.exp()).sum::<f64>().ln();
    values.iter().map(|x| x - log_sum).collect()
}

fn lambda(known: &Known, scale: f64, gain: fn(i32) -> f64, cutoff: usize) -> f64 {
    let of_pair = |i: usize, j: usize| {
        let gains = gain(known.grades[i]) - gain(known.grades[j]);
        let discounts = discount(known.rank(i), cutoff) - discount(known.rank(j), cutoff);
        (gains * discounts).abs() / known.ideal(gain, cutoff)
            * (1.0 + (-scale * known.ahead(i, j)).exp()).log2()
    };
    known.pairs(&known.all(), of_pair).0
}

fn approx_ndcg(known: &Known, scale: f64, gain: fn(i32) -> f64) -> f64 {
    let of_item = |i: usize| {
        let others = known.all().into_iter().filter(|&j| j != i);
        let rank = 1.0 + others.map(|j| sigmoid(scale * known.ahead(j, i))).sum::<f64>();
        gain(known.grades[i]) / (1.0 + rank).log2()
    };
    1.0 - known.all().into_iter().map(of_item).sum::<f64>() / known.ideal(gain, usize::MAX)
}

fn softmax(known: &Known, scale: f64, gain: fn(i32) -> f64) -> f64 {
    let scaled: Vec<f64> = known.similarities.iter().map(|s| scale * s).collect();
    let gains: Vec<f64> = known.grades.iter().map(|&grade| gain(grade)).collect();
    let logs = log_softmax(&scaled);
    -gains.iter().zip(logs).map(|(gain, log)| gain * log).sum::<f64>() / gains.iter().sum::<f64>()
}

fn softmax_in_batch(known: &Known, scale: f64) -> f64 {
    let of = |item: &usize| (known.similarities[*item], known.grades[*item]);
    let (similarities, grades) = known.in_batch.iter().map(of).unzip();
    let known = Known { similarities, grades, in_batch: Vec::new(), ..known.clone() };
    softmax(&known, scale, linear)
}

fn margin_mse(known: &Known, scale: f64) -> f64 {
    let off = |i, j| scale * known.ahead(i, j) - (known.score(i) - known.score(j));
    known.mean(&known.scored(), |i, j| off(i, j).powi(2))
}

fn listwise_kl(known: &Known, scale: f64, temperature: f64) -> f64 {
    let wanted =
        log_softmax(&known.teacher.iter().map(|&(_, score)| score / temperature).collect::<Vec<_>>());
    let found = known.scored().into_iter().map(|item| scale * known.similarities[item]).collect::<Vec<_>>();
    wanted.iter().zip(log_softmax(&found)).map(|(wanted, found)| wanted.exp() * (wanted - found)).sum()
}

fn triplet(known: &Known, items: &[usize], margin: f32) -> f64 {
    known.mean(items, |i, j| (f64::from(margin) - known.ahead(i, j)).max(0.0))
}

fn squared_distance(known: &Known) -> f64 {
    known.query.iter().zip(&known.frozen).map(|(z, q)| (z - q).powi(2)).sum()
}

fn one_less_cosine(known: &Known) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (z, q) = (&known.query, &known.frozen);
    1.0 - dot(z, q) / (dot(z, z) * dot(q, q)).sqrt()
}

pub(crate) type Definition = Box<dyn Fn(&Known) -> f64>;

/// A loss as its settings are written, with its definition.
type Defined = (&'static str, Definition);

/// Every loss over all items, or over what a teacher scored, with its definition.
pub(crate) fn definitions() -> Vec<Defined> {
    [of_pairs(), of_ranks(), of_shares(), of_vectors()].into_iter().flatten().collect()
}

/// Losses of pairs of items.
fn of_pairs() -> Vec<Defined> {
    vec![
        (
            r#"{"kind": "pairwise_logistic", "scale": 3.0, "candidates": "all_items"}"#,
            Box::new(|k| k.mean(&k.all(), |i, j| (1.0 + (-3.0 * k.ahead(i, j)).exp()).ln())),
        ),
        (
            r#"{"kind": "pairwise_logistic", "scale": 3.0, "candidates": "in_batch"}"#,
            Box::new(|k| k.mean(&k.in_batch, |i, j| (1.0 + (-3.0 * k.ahead(i, j)).exp()).ln())),
        ),
        (
            r#"{"kind": "triplet", "margin": 0.4, "candidates": "all_items"}"#,
            Box::new(|k| triplet(k, &k.all(), 0.4)),
        ),
        (r#"{"kind": "margin_mse", "scale": 2.0}"#, Box::new(|k| margin_mse(k, 2.0))),
    ]
}

/// Losses of ranks.
fn of_ranks() -> Vec<Defined> {
    vec![
        (
            r#"{"kind": "lambda", "scale": 3.0, "candidates": "all_items"}"#,
            Box::new(|k| lambda(k, 3.0, linear, usize::MAX)),
        ),
        (
            r#"{"kind": "lambda", "scale": 2.0, "gain": "exponential", "cutoff": 3, "candidates": "all_items"}"#,
            Box::new(|k| lambda(k, 2.0, exponential, 3)),
        ),
        (
            r#"{"kind": "lambda", "scale": 2.0, "cutoff": 1, "candidates": {"top": 500}}"#,
            Box::new(|k| lambda(k, 2.0, linear, 1)),
        ),
        (
            r#"{"kind": "approx_ndcg", "scale": 5.0, "candidates": "all_items"}"#,
            Box::new(|k| approx_ndcg(k, 5.0, linear)),
        ),
        (
            r#"{"kind": "approx_ndcg", "scale": 2.0, "gain": "exponential", "candidates": {"top": 12}}"#,
            Box::new(|k| approx_ndcg(k, 2.0, exponential)),
        ),
    ]
}

/// Losses of the items' shares in a softmax.
fn of_shares() -> Vec<Defined> {
    vec![
        (r#"{"kind": "softmax", "scale": 3.0}"#, Box::new(|k| softmax(k, 3.0, linear))),
        (
            r#"{"kind": "softmax", "scale": 3.0, "gain": "exponential"}"#,
            Box::new(|k| softmax(k, 3.0, exponential)),
        ),
        (
            r#"{"kind": "softmax", "scale": 3.0, "gain": "exponential", "candidates": {"top": 12}}"#,
            Box::new(|k| softmax(k, 3.0, exponential)),
        ),
        (
            r#"{"kind": "softmax", "scale": 3.0, "candidates": "in_batch"}"#,
            Box::new(|k| softmax_in_batch(k, 3.0)),
        ),
        (
            r#"{"kind": "listwise_kl", "scale": 3.0, "temperature": 0.5}"#,
            Box::new(|k| listwise_kl(k, 3.0, 0.5)),
        ),
    ]
}

/// What draws queries towards the frozen ones, and a sum of losses.
fn of_vectors() -> Vec<Defined> {
    vec![
        (r#"{"kind": "recovery"}"#, Box::new(squared_distance)),
        (r#"{"kind": "recovery", "distance": "cosine"}"#, Box::new(one_less_cosine)),
        (
            r#"{"kind": "sum", "terms": [
                {"weight": 0.5, "loss": {"kind": "softmax", "scale": 3.0}},
                {"weight": 2.0, "loss": {"kind": "recovery"}},
                {"weight": 3.0, "loss": {"kind": "triplet", "margin": 0.4, "candidates": "all_items"}}
            ]}"#,
            Box::new(|k| {
                0.5 * softmax(k, 3.0, linear) + 2.0 * squared_distance(k) + 3.0 * triplet(k, &k.all(), 0.4)
            }),
        ),
    ]
}
