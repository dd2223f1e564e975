//! The representations that stand in a row, as parts that automatic choice weighs by themselves.

use anyhow::Result;
use ess_kit::Dataset;

/// The parts of a row by name, with how many components each has; none where rows are one vector, and where queries and items
/// have different ones.
pub(crate) fn parts(dataset: &Dataset) -> Vec<(String, usize)> {
    let [items, queries] = [dataset.item_store(), dataset.query_store()].map(|store| store.provenance());
    let stored = items.representations.as_deref().unwrap_or_default();
    if stored.len() < 2 || items.spaces() != queries.spaces() {
        return Vec::new();
    }
    let mut parts: Vec<(String, usize)> = Vec::new();
    for one in stored {
        let plain = feature_name(&one.name);
        let same = parts
            .iter()
            .filter(|(name, _)| *name == plain || name.starts_with(&format!("{plain}__")))
            .count();
        let name = if same == 0 { plain } else { format!("{plain}__{}", same + 1) };
        parts.push((name, one.dim));
    }
    parts
}

/// Makes the features of the parts known, so that settings and saved choices may name them; their names.
///
/// # Errors
/// When a program's own feature has one of the names.
pub(crate) fn register_parts(dataset: &Dataset) -> Result<Vec<String>> {
    let names: Vec<String> = parts(dataset).into_iter().map(|(name, _)| name).collect();
    names.iter().try_for_each(|name| ess_auto::register_part(name))?;
    Ok(names)
}

/// `part_` and the words of a representation, such as `part_layer_at_4`.
fn feature_name(representation: &str) -> String {
    let words = representation.to_lowercase();
    let words = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once("part").chain(words).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::feature_name;

    #[test]
    fn names_have_letters_digits_and_underscores_alone() {
        assert_eq!(feature_name("layer=at:4,pooling:last_token"), "part_layer_at_4_pooling_last_token");
        assert_eq!(feature_name(r#"pooled=prompt_text:"A claim: é""#), "part_pooled_prompt_text_a_claim");
        assert_eq!(feature_name("漢字"), "part");
    }
}
