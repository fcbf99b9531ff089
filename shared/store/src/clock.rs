//! What time it is.

use portico_domain::Time;
use std::{fmt, sync::Arc, time::Duration};

/// Tells the time.
#[derive(Clone)]
pub struct Clock {
    tell: Arc<dyn Fn() -> Time + Send + Sync>,
    stands_still: bool,
}

impl Clock {
    /// A clock that asks `tell`.
    pub fn new(tell: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        Self {
            tell: Arc::new(tell),
            stands_still: false,
        }
    }

    /// The same, whose time stands still until somebody moves it.
    #[must_use]
    pub fn standing_still(self) -> Self {
        Self {
            stands_still: true,
            ..self
        }
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        (self.tell)()
    }

    /// Waits for so long; not at all where time stands still, since it would be
    /// as late afterwards as before.
    pub async fn wait(&self, time: Duration) {
        if !self.stands_still {
            tokio::time::sleep(time).await;
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
