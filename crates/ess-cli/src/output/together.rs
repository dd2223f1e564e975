//! The differences of one table, judged together.

use ess_metrics::{holm, is_significant};

/// All p-values of one table. What is called significant beside so many others is corrected for them by Holm's method.
pub(crate) struct Together {
    p_values: Vec<f64>,
    corrected: Vec<f64>,
}

impl Together {
    /// The p-values of all differences of the table; those of earlier results that have none are left out.
    pub(crate) fn new(p_values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let p_values: Vec<f64> = p_values.into_iter().flatten().filter(|p| (0.0..=1.0).contains(p)).collect();
        let corrected = holm(&p_values).unwrap_or_default();
        Self { p_values, corrected }
    }

    /// How many differences there are.
    pub(crate) fn len(&self) -> usize {
        self.p_values.len()
    }

    /// Whether one of these differences is significant at 95 %.
    pub(crate) fn is_significant(&self, ci95: Option<[f64; 2]>, p: Option<f64>) -> bool {
        p.and_then(|p| self.corrected(p)).is_some_and(|p_holm| is_significant(ci95, p_holm))
    }

    /// A p-value of the table after the correction.
    pub(crate) fn corrected(&self, p: f64) -> Option<f64> {
        let at = self.p_values.iter().position(|&other| other == p)?;
        self.corrected.get(at).copied()
    }

    /// The text in bold where the difference is significant.
    pub(crate) fn emphasised(&self, text: &str, ci95: Option<[f64; 2]>, p: Option<f64>) -> String {
        if self.is_significant(ci95, p) { format!("**{text}**") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_corrected_as_a_whole_and_too_few_queries_are_never_bold() {
        let table = Together::new([Some(0.001), Some(0.03), Some(0.04), None]);
        let clear = Some([0.1, 0.2]);
        assert_eq!(table.emphasised("x", clear, Some(0.001)), "**x**");
        assert_eq!(table.emphasised("x", clear, Some(0.03)), "x");
        assert_eq!(Together::new([Some(0.03)]).emphasised("x", clear, Some(0.03)), "**x**");
        assert_eq!(table.emphasised("x", None, Some(0.001)), "x");
        assert_eq!(table.emphasised("x", Some([-0.1, 0.2]), Some(0.001)), "x");
        assert_eq!(table.emphasised("x", clear, None), "x");
        assert_eq!([0.001, 0.03, 0.5].map(|p| table.corrected(p)), [Some(0.003), Some(0.06), None]);
    }
}
