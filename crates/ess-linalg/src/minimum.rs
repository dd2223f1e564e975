//! The minimum of a smooth function.

use std::collections::VecDeque;

/// How many steps back curvature is remembered.
const MEMORY: usize = 10;

/// How small the gradient must be at a minimum.
const TOLERANCE: f64 = 1e-5;

/// A smooth function of `n` variables, to be minimised.
pub trait Smooth {
    /// The function's value at a point (`n`), and its gradient there (`n`).
    fn value_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>);
}

/// A point with the function's value and gradient there.
struct Point {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

impl Point {
    fn new(function: &impl Smooth, at: Vec<f64>) -> Self {
        let (value, gradient) = function.value_and_gradient(&at);
        Self { at, value, gradient }
    }
}

/// Goes down from `start` by L-BFGS (Nocedal, "Updating quasi-Newton matrices with limited storage", 1980) with halved steps,
/// at most `steps` of them; where no step goes down, as where the function is no number, it stays.
///
/// ```
/// use ess_linalg::{Smooth, minimise};
///
/// /// `(x − 3)² + (y + 1)²`
/// struct Bowl;
///
/// impl Smooth for Bowl {
///     fn value_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>) {
///         let (x, y) = (at[0] - 3.0, at[1] + 1.0);
///         (x * x + y * y, vec![2.0 * x, 2.0 * y])
///     }
/// }
///
/// let lowest = minimise(&Bowl, vec![0.0, 0.0], 50);
/// assert!((lowest[0] - 3.0).abs() < 1e-4 && (lowest[1] + 1.0).abs() < 1e-4);
/// ```
pub fn minimise(function: &impl Smooth, start: Vec<f64>, steps: usize) -> Vec<f64> {
    let mut point = Point::new(function, start);
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    for _ in 0..steps {
        let steepness = dot(&point.gradient, &point.gradient).sqrt();
        if steepness < TOLERANCE {
            break;
        }
        let mut direction = direction(&point.gradient, &memory);
        if dot(&direction, &point.gradient) >= 0.0 {
            memory.clear();
            direction = point.gradient.iter().map(|g| -g).collect();
        }
        // Without curvature the length of a step is unknown: not more than 1.
        let longest = if memory.is_empty() { 1.0 / steepness.max(1.0) } else { 1.0 };
        let Some(next) = step(function, &point, &direction, longest) else {
            break;
        };
        let change = difference(&next.at, &point.at);
        let curvature = difference(&next.gradient, &point.gradient);
        if dot(&change, &curvature) > 1e-12 * dot(&curvature, &curvature) {
            memory.push_back((change, curvature));
            if memory.len() > MEMORY {
                memory.pop_front();
            }
        }
        point = next;
    }
    point.at
}

/// The first of a step and its halves that goes down as far as the slope promises.
fn step(function: &impl Smooth, from: &Point, direction: &[f64], longest: f64) -> Option<Point> {
    let slope = dot(&from.gradient, direction);
    (0..40).map(|halvings| longest * 0.5_f64.powi(halvings)).find_map(|length| {
        let at: Vec<f64> = from.at.iter().zip(direction).map(|(x, d)| x + length * d).collect();
        let next = Point::new(function, at);
        (next.value <= from.value + 1e-4 * length * slope && next.at != from.at).then_some(next)
    })
}

/// The two loops of L-BFGS: the gradient times an estimate of the inverse Hessian, downwards.
fn direction(gradient: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let add = |to: &mut [f64], factor: f64, what: &[f64]| {
        to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
    };
    let mut shares = Vec::with_capacity(memory.len());
    for (change, curvature) in memory.iter().rev() {
        let share = dot(change, &direction) / dot(change, curvature);
        add(&mut direction, -share, curvature);
        shares.push(share);
    }
    if let Some((change, curvature)) = memory.back() {
        let scale = dot(change, curvature) / dot(curvature, curvature);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for ((change, curvature), share) in memory.iter().zip(shares.into_iter().rev()) {
        let back = dot(curvature, &direction) / dot(change, curvature);
        add(&mut direction, share - back, change);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley.
    struct Valley;

    impl Smooth for Valley {
        fn value_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>) {
            let (x, y) = (at[0], at[1]);
            let bend = y - x * x;
            ((1.0 - x).powi(2) + 100.0 * bend * bend, vec![-2.0 * (1.0 - x) - 400.0 * x * bend, 200.0 * bend])
        }
    }

    /// No number anywhere but at 0.
    struct Nowhere;

    impl Smooth for Nowhere {
        fn value_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>) {
            if at[0] == 0.0 { (0.0, vec![1.0]) } else { (f64::NAN, vec![f64::NAN]) }
        }
    }

    struct Square;

    impl Smooth for Square {
        fn value_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>) {
            (at[0] * at[0], vec![2.0 * at[0]])
        }
    }

    /// `−4 x`, which falls for ever.
    struct Slope;

    impl Smooth for Slope {
        fn value_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>) {
            (-4.0 * at[0], vec![-4.0])
        }
    }

    #[test]
    fn without_curvature_every_step_has_the_length_one() {
        assert_eq!(minimise(&Slope, vec![0.0], 5), [5.0]);
    }

    #[test]
    fn directions_follow_the_curvature_that_was_seen_and_its_scale_where_none_was() {
        // Along the first axis a step of 1 changed the slope by 4.
        let memory = VecDeque::from([(vec![1.0, 0.0], vec![4.0, 0.0])]);
        assert_eq!(direction(&[4.0, 0.0], &memory), [-1.0, 0.0]);
        assert_eq!(direction(&[0.0, 2.0], &memory), [0.0, -0.5]);
        // Where it changed both slopes, (4, 2): H g of the BFGS formula with s·y = 4 and y·y = 20 is (-0.2, 0.4).
        let memory = VecDeque::from([(vec![1.0, 0.0], vec![4.0, 2.0])]);
        let found = direction(&[0.0, 2.0], &memory);
        assert!((found[0] - 0.2).abs() < 1e-12 && (found[1] + 0.4).abs() < 1e-12, "{found:?}");
        // The last step is undone by the slope that it added, whatever came before (the secant equation).
        let memory = VecDeque::from([(vec![1.0, 0.5], vec![3.0, 1.0]), (vec![0.5, -1.0], vec![1.0, -4.0])]);
        let found = direction(&[1.0, -4.0], &memory);
        assert!((found[0] + 0.5).abs() < 1e-12 && (found[1] - 1.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn a_step_never_goes_up() {
        // The whole step ends a little higher on the other side, half of it near the bottom.
        let from = Point::new(&Square, vec![1.0]);
        let next = step(&Square, &from, &[-2.0001], 1.0).unwrap();
        assert!((next.at[0] + 0.00005).abs() < 1e-12, "{:?}", next.at);
    }

    #[test]
    fn where_the_function_is_no_number_nothing_moves() {
        assert_eq!(minimise(&Nowhere, vec![0.0], 10), [0.0]);
        assert_eq!(minimise(&Nowhere, vec![1.0], 10), [1.0]);
    }

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let found = minimise(&Valley, vec![-1.2, 1.0], 200);
        assert!(found.iter().all(|x| (x - 1.0).abs() < 1e-4), "{found:?}");
        assert_eq!(minimise(&Valley, vec![1.0, 1.0], 200), [1.0, 1.0]);
    }
}
