//! The losses that tests go through, on the CPU and on other devices.

/// Every loss with every kind of candidates that it has; a new loss joins by a line.
pub(crate) const LOSSES: [&str; 22] = [
    r#"{"kind": "softmax", "scale": 3.0}"#,
    r#"{"kind": "softmax", "scale": 3.0, "gain": "exponential"}"#,
    r#"{"kind": "softmax", "scale": 3.0, "candidates": "in_batch"}"#,
    r#"{"kind": "softmax", "scale": 3.0, "candidates": "negatives", "gain": "exponential"}"#,
    r#"{"kind": "softmax", "scale": 3.0, "candidates": {"top": 5}}"#,
    r#"{"kind": "pairwise_logistic", "scale": 3.0}"#,
    r#"{"kind": "pairwise_logistic", "scale": 3.0, "candidates": "all_items"}"#,
    r#"{"kind": "pairwise_logistic", "scale": 3.0, "candidates": "in_batch"}"#,
    r#"{"kind": "pairwise_logistic", "scale": 3.0, "candidates": "negatives"}"#,
    r#"{"kind": "triplet", "margin": 1.5}"#,
    r#"{"kind": "triplet", "margin": 1.5, "candidates": "in_batch"}"#,
    r#"{"kind": "lambda", "scale": 3.0}"#,
    r#"{"kind": "lambda", "scale": 3.0, "gain": "exponential", "cutoff": 3, "candidates": "all_items"}"#,
    r#"{"kind": "lambda", "scale": 3.0, "candidates": "negatives"}"#,
    r#"{"kind": "approx_ndcg", "scale": 3.0}"#,
    r#"{"kind": "approx_ndcg", "scale": 3.0, "gain": "exponential", "candidates": "all_items"}"#,
    r#"{"kind": "approx_ndcg", "scale": 3.0, "candidates": "in_batch"}"#,
    r#"{"kind": "margin_mse", "scale": 2.0}"#,
    r#"{"kind": "listwise_kl", "scale": 3.0, "temperature": 0.7}"#,
    r#"{"kind": "recovery"}"#,
    r#"{"kind": "recovery", "distance": "cosine"}"#,
    r#"{"kind": "sum", "terms": [
        {"weight": 0.5, "loss": {"kind": "softmax", "scale": 3.0}},
        {"weight": 2.0, "loss": {"kind": "recovery"}},
        {"weight": 1.0, "loss": {"kind": "triplet", "margin": 1.0}}
    ]}"#,
];
