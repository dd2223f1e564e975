//! Names that are probably another one, misspelt.

/// The name that `name` is most like, where it is like one: equal but for case and punctuation, or two letters apart.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    const MAX_DISTANCE: usize = 2;
    // No setting has so long a name, and the table of distances is square.
    const MAX_LETTERS: usize = 64;
    let plain = letters(name);
    if plain.len() > MAX_LETTERS {
        return None;
    }
    let distances = known.filter_map(|known| {
        let letters = letters(known);
        // Of short names everything is two letters away.
        let most = MAX_DISTANCE.min(letters.len() / 4);
        let distance = distance(&plain, &letters);
        (distance <= most).then_some((distance, known))
    });
    distances.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

fn letters(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Insertions, removals, replacements and swaps of neighbours from one to the other (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_recognised_and_others_are_not() {
        let known = ["type_vocab_size", "hidden_act", "dim"];
        let of = |name| nearest(name, known.into_iter());
        assert_eq!(of("Type_vocab_size"), Some("type_vocab_size"));
        assert_eq!(of("typevocabsize"), Some("type_vocab_size"));
        assert_eq!(of("hiden_act"), Some("hidden_act"));
        assert_eq!(of("hidden_cat"), Some("hidden_act"));
        for other in ["architectures", "dtype", "dam", ""] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(of(&"x".repeat(1 << 20)), None);
    }
}
