//! HTTP: routes, callers, problems, pages, the OpenAPI document.
