//! The columns of candidates: what each feature says of each of them.

use ess_core::Error;

use super::{
    asked::Asked,
    candidates::Candidates,
    feature::Feature,
    meter::{Meter, metered},
};

/// Fills the columns of all features that can be asked. What `before` has of a query is not made again.
pub(crate) fn fill(
    features: &[&'static dyn Feature],
    asked: &Asked<'_>,
    candidates: &mut Candidates,
    before: Option<&Candidates>,
    meter: Option<&Meter>,
) -> Result<(), Error> {
    let Candidates { items, columns, .. } = candidates;
    let new: Vec<u32> = match before {
        Some(before) => {
            items.iter().copied().filter(|item| before.items.binary_search(item).is_err()).collect()
        }
        None => Vec::new(),
    };
    let values = |feature: &'static dyn Feature, items: &[u32]| {
        metered(meter, feature.name(), || values(feature, asked, items))
    };
    for (at, feature) in features.iter().enumerate() {
        if feature.is_feedback() && asked.feedback.is_none() {
            continue;
        }
        let before = before.filter(|_| !feature.is_feedback() && !feature.is_relative());
        columns[at] = match before {
            Some(before) => merged(items, &before.items, &before.columns[at], &values(*feature, &new)?),
            None => values(*feature, items)?,
        };
    }
    Ok(())
}

/// A value for each item, or a typed error for one that is none.
fn values(feature: &dyn Feature, asked: &Asked<'_>, items: &[u32]) -> Result<Vec<f32>, Error> {
    let values = feature.values(asked, items)?.unwrap_or_else(|| vec![0.0; items.len()]);
    if values.len() != items.len() {
        let what = "values of a feature";
        return Err(Error::LengthMismatch { what, expected: items.len(), found: values.len() });
    }
    Error::check_finite("values of a feature", &values, 1)?;
    Ok(values)
}

/// The column of all items from that of some and that of the others, which are in order.
fn merged(items: &[u32], some: &[u32], known: &[f32], others: &[f32]) -> Vec<f32> {
    let (mut some, mut others) = (some.iter().zip(known).peekable(), others.iter());
    let one = |item: &u32| match some.next_if(|(other, _)| *other == item) {
        Some((_, value)) => Some(*value),
        None => others.next().copied(),
    };
    items.iter().map_while(one).collect()
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn known_and_new_values_are_in_the_order_of_items() {
        assert_eq!(merged(&[1, 3, 4, 9], &[3, 9], &[0.3, 0.9], &[0.1, 0.4]), [0.1, 0.3, 0.4, 0.9]);
        assert_eq!(merged(&[2], &[2], &[0.5], &[]), [0.5]);
    }
}
