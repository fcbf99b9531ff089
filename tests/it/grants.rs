//! Least privilege: a function has what it uses, and nothing else.

use crate::{everything::use_everything, google::use_google};
use e2e::GoogleStandIn;

/// Grants that are there for what this test does not bring about. The list may
/// only shrink.
const UNUSED_HERE: &[(&str, &str)] = &[
    // Only when a page of clients is not enough for a deleted company.
    ("detacher", "sqs:SendMessage on companies"),
];

/// The local server refuses what is not granted; this finds what is granted
/// and never needed.
#[tokio::test]
async fn no_function_has_a_grant_that_it_does_not_use() {
    let (app, google) = GoogleStandIn::start().await;

    use_everything(&app).await;
    use_google(&app, &google).await;

    let used = app.server.aws().used_grants();
    let granted = portico_local::docs::grants();
    let unused: Vec<(&str, &str)> = granted
        .iter()
        .filter(|(name, grant)| !used.contains(&(*name, grant.clone())))
        .map(|(name, grant)| (*name, grant.as_str()))
        .collect();
    assert_eq!(unused, UNUSED_HERE);
}
