//! Deciding again when what a decision was based on has changed.

use crate::Problem;
use portico_app::App;

/// Reads, decides and stores; again if somebody else stored in between. After
/// several rounds the caller is told that others keep changing the same thing.
pub async fn retry_stale<T, F>(decide: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Problem>>,
{
    portico_app::retry(Problem::is_stale, decide).await
}

/// The same where many may meet at one thing, such as the count of a workspace's
/// invoices: pauses between the rounds, so that each gets its turn.
pub async fn retry_crowded<T, F>(app: &App, decide: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Problem>>,
{
    portico_app::retry_crowded(app, Problem::is_stale, decide).await
}
