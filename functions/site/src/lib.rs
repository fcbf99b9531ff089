//! The functions that belong to no resource: health, the API document, its
//! reference page, and the answer to requests that have no route.

pub mod fallback;
pub mod healthz;
pub mod openapi;
pub mod planned;
pub mod reference;

use portico_web::Function;

/// Every function of the site.
pub const FUNCTIONS: &[Function] = &[
    healthz::FUNCTION,
    openapi::FUNCTION,
    reference::FUNCTION,
    fallback::FUNCTION,
];

/// The OpenAPI document of all functions. It is generated, and a test keeps it
/// up to date; no function needs to know the others for it.
const DOCUMENT: &str = include_str!("../openapi.json");
