//! The vectors that queries should become.

use ess_search::DeviceEncoding;
use ndarray::Array2;

use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    loss::{batch::LossBatch, gain::Gain, kind::Loss, softmax::Softmax},
};

/// The mean of each query's relevant items (`n × d_item`), weighted by what their grades are worth.
///
/// # Errors
/// [`Error::UnknownItem`] for a judgement of an item that does not exist.
pub fn mean_positives(queries: &QuerySet, items: &Items<'_>) -> Result<Array2<f64>, Error> {
    let embeddings = items.embeddings();
    queries.check_items(embeddings.len())?;
    let mut targets = Array2::<f64>::zeros((queries.len(), embeddings.dim()));
    for (judged, mut target) in queries.judgements().iter().zip(targets.rows_mut()) {
        let best = judged.iter().map(|judgement| judgement.grade).max().unwrap_or(0);
        let mut total = 0.0;
        for judgement in judged {
            let gain = Gain::Linear.of(judgement.grade, best);
            total += gain;
            if gain > 0.0 {
                target.zip_mut_with(&embeddings.view().row(judgement.item), |sum, &x| {
                    *sum += gain * f64::from(x)
                });
            }
        }
        target /= total;
    }
    Ok(targets)
}

/// What each query lacks, by softmax over all items at this scale (`n × d_item`): the mean of its relevant items less the
/// mean of all items as softmax weighs them, which is how the loss falls fastest.
///
/// # Errors
/// [`Error::UnknownItem`] and those of [`Softmax`]; [`Error::Core`] where queries and items differ in dimension.
pub fn softmax_residuals(queries: &QuerySet, items: &Items<'_>, scale: f32) -> Result<Array2<f64>, Error> {
    queries.check_items(items.embeddings().len())?;
    let dim = items.embeddings().dim();
    ess_core::Error::check_dim("queries of a softmax fit", dim, queries.encodings().dim())?;
    let softmax = Softmax { scale, ..Softmax::default() };
    let batch = LossBatch::new(queries.judgements().iter().map(Vec::as_slice).collect());
    let value = softmax.evaluate(queries.encodings().to_tensors(items.device()), &batch, items)?;
    let gradient = ess_search::embeddings_from_tensor(value.gradient)?;
    // The gradient is of a mean over queries, and through the scale.
    let factor = -(queries.len() as f64) / f64::from(scale);
    Ok(gradient.view().mapv(|x| factor * f64::from(x)))
}
