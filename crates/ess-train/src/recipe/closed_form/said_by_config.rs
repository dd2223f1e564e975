//! What a fit whose settings are a serialisable config says of itself.

/// In an `impl ClosedForm`: the name, all settings as JSON, and the field `shares`.
macro_rules! said_by_config {
    ($name:literal) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn settings(&self) -> Option<String> {
            serde_json::to_string(self).ok()
        }

        fn shares(&self) -> &[f64] {
            &self.shares
        }
    };
}

pub(super) use said_by_config;
