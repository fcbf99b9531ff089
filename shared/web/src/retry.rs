//! Deciding again when what a decision was based on has changed.

use crate::Problem;

/// Reads, decides and stores; again if somebody else stored in between. After
/// several rounds the caller is told that others keep changing the same thing.
pub async fn retry_stale<T, F>(decide: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Problem>>,
{
    portico_app::retry(Problem::is_stale, decide).await
}
