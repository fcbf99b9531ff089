//! The page at `/`: where everything is.

use crate::server::Core;
use askama::Template;
use axum::{extract::State, response::Html};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    url: &'a str,
}

/// Answers with the map.
pub(crate) async fn handle(State(core): State<Arc<Core>>) -> Html<String> {
    let page = IndexPage {
        url: &core.app.base_url,
    };
    Html(page.render().unwrap_or_default())
}
