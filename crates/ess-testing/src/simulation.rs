//! How often something happens by chance, as a test that runs it many times can say.

/// Whether tests may take long: where the variable `ESS_NIGHTLY` is set.
pub fn is_nightly() -> bool {
    std::env::var_os("ESS_NIGHTLY").is_some()
}

/// How many runs a simulation has: `usual`, and twenty times as many where [`is_nightly`].
///
/// ```
/// use ess_testing::simulation::{is_nightly, runs};
///
/// assert_eq!(runs(60), if is_nightly() { 1200 } else { 60 });
/// ```
pub fn runs(usual: usize) -> usize {
    if is_nightly() { 20 * usual } else { usual }
}

/// The most of so many runs in which something may happen that has this probability, or a lower one: its expectation and three
/// standard errors.
///
/// ```
/// use ess_testing::simulation::most;
///
/// // One in 200: 1 is expected of 200 runs, with a standard error of 1; 20 of 4000, with one of 4.5.
/// assert_eq!((most(0.005, 200), most(0.005, 4000)), (3, 33));
/// ```
pub fn most(probability: f64, runs: usize) -> usize {
    let expected = probability * runs as f64;
    (expected + 3.0 * (expected * (1.0 - probability)).sqrt()) as usize
}
