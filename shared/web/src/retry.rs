//! Deciding again when what a decision was based on has changed.

use crate::Problem;

/// How often a decision is made before the caller is told that others keep
/// changing the same thing. Each round, one of the competitors wins.
const MAX_ROUNDS: usize = 8;

/// Reads, decides and stores; again if somebody else stored in between.
pub async fn retry_stale<T, F>(mut decide: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Problem>>,
{
    for _ in 1..MAX_ROUNDS {
        match decide().await {
            Err(problem) if problem.is_stale() => {}
            decided => return decided,
        }
    }
    decide().await
}
