//! Which searching module is for which query.

mod config;
mod fit;
mod routing;

pub use config::RouterConfig;
pub use fit::RouterFit;
pub use routing::Router;
