//! The documents that are made from the code.

use portico_bootstrap::functions;
use portico_store::patterns;

/// The OpenAPI document.
pub fn openapi() -> String {
    format!("{:#}", portico_web::openapi(&functions()))
}

/// The access patterns of the table, as the table in `docs/table.md`.
pub fn table() -> String {
    let mut text = "| question | index | partition | sort |\n|---|---|---|---|".to_owned();
    for pattern in patterns() {
        let index = pattern.index.name().unwrap_or("table");
        text = format!(
            "{text}\n| {} | {index} | `{}` | `{}` |",
            pattern.question, pattern.partition, pattern.sort
        );
    }
    text
}
