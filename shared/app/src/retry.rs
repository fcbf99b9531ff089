//! Deciding again when what a decision was based on has changed.

use crate::App;
use std::time::Duration;

/// How often a decision is made before it is left. In each round one of the
/// competitors wins, so few ever need the second.
const MAX_ROUNDS: usize = 8;

/// How often where many meet at one thing. If each takes 20 ms, sixty at once get
/// through one after the other; the pauses are 4.5 s together at most, well
/// within the 10 s that a function has.
const MAX_CROWDED_ROUNDS: u32 = 12;
/// Pauses are up to this long at first, and up to twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// How often a pause is doubled at most.
const MOST_DOUBLED: u32 = 6;

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

/// The same where many may meet at one thing: pauses between the rounds, by
/// chance, so that those who have met do not meet again.
pub async fn retry_crowded<T, E, F>(
    app: &App,
    is_stale: impl Fn(&E) -> bool,
    mut decide: impl FnMut() -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    for round in 1..MAX_CROWDED_ROUNDS {
        match decide().await {
            Err(error) if is_stale(&error) => {}
            decided => return decided,
        }
        let longest = FIRST_PAUSE * (1 << round.min(MOST_DOUBLED));
        // The lower half of an id is random.
        let part = app.moment().id::<()>().seed() % 1_024;
        let part = u32::try_from(part).unwrap_or_default();
        tokio::time::sleep(longest * part / 1_024).await;
    }
    decide().await
}
