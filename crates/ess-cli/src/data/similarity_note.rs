//! What whoever searches stored vectors must know of their similarity.

/// The similarities that an encoder can be meant for, as sentence-transformers names them.
pub(crate) const SIMILARITIES: [&str; 4] = ["cosine", "dot", "euclidean", "manhattan"];

/// What is to be said of vectors that do not all have unit norm, of an encoder that is meant for a similarity; `None` where the
/// inner product is what is meant.
pub(crate) fn similarity_note(similarity: Option<&str>) -> Option<String> {
    let note = match similarity {
        Some("dot") => return None,
        Some("cosine") => "the vectors are meant for the cosine and have different norms: they are kept as they are, and \
                           `index build`, `train` and `evaluate` bring items to unit norm"
            .to_owned(),
        Some(other) => {
            format!("the vectors are meant for the similarity {other}; a search by inner product finds other items")
        }
        None => "the vectors have different norms, and nothing says whether the cosine or the inner product is meant; a \
                 search takes the inner product"
            .to_owned(),
    };
    Some(note)
}
