//! Deciding again when what a decision was based on has changed.

/// How often a decision is made before it is left. In each round one of the
/// competitors wins, so few ever need the second.
const MAX_ROUNDS: usize = 8;

/// Reads, decides and stores; again if somebody else stored in between.
pub async fn retry<T, E, F>(
    is_stale: impl Fn(&E) -> bool,
    mut decide: impl FnMut() -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    for _ in 1..MAX_ROUNDS {
        match decide().await {
            Err(error) if is_stale(&error) => {}
            decided => return decided,
        }
    }
    decide().await
}
